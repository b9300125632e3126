import assert from "node:assert/strict";
import { test } from "node:test";
import { CgroupIndex } from "./cgroup-index.ts";

test("a removed cgroup is remembered for its time, and its path is free for the next one", () => {
  let now = 0;
  const index = new CgroupIndex({ keep: 1000, most: 10 }, () => now);
  index.add(1n, "/", undefined, undefined);
  const first = index.add(2n, "/a", 1n, "runc");
  assert.equal(first.parent?.path, "/");
  index.remove(2n);
  assert.equal(index.at("/a"), undefined);
  index.add(3n, "/a", 1n, "runc");
  assert.equal(index.at("/a")?.id, 3n);
  assert.equal(index.get(2n)?.path, "/a");
  now = 1001;
  index.add(4n, "/b", 1n, "runc");
  assert.equal(index.get(2n), undefined);
  assert.deepEqual(
    [...index.present()].map(({ id }) => id),
    [1n, 3n, 4n],
  );
});

test("no more are remembered than there is room for, whatever is made and removed", () => {
  const index = new CgroupIndex({ keep: 1e9, most: 100 }, () => 0);
  for (let id = 1n; id <= 10_000n; id++) {
    index.add(id, `/${id}`, undefined, "mkdir");
    index.remove(id);
  }
  assert.equal(index.size, 100);
  assert.equal(index.tombstones, 100);
  assert.equal(index.get(10_000n)?.path, "/10000");
  assert.equal(index.get(9_900n), undefined);
});

test("the same cgroup twice, from a walk and from an event, is one", () => {
  const index = new CgroupIndex();
  const walked = index.add(7n, "/x", undefined, undefined);
  assert.equal(index.add(7n, "/x", undefined, "runc"), walked);
  assert.equal(index.remove(8n), undefined);
});

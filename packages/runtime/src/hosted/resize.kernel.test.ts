/** Versions whose maps differ in nothing but their size: what was in them goes on. */
import assert from "node:assert/strict";
import { createMap } from "@sonde/kernel/maps";
import { openKernel } from "@sonde/kernel/sys";
import type { ObjectSpec } from "@sonde/bpf/spec";
import type { LeftVersion } from "./hosted.ts";
import { copyEntries } from "./resize.ts";
import { host, kernelTest, leftBy, pinFolder, whileWriting, write, writes } from "./testing/hosts.ts";
import type { Version } from "./version.ts";

const kernel = openKernel();
const sums = (map: string): boolean => map !== "AT_state";
const SIZES = [4096, 100, 5000, 300];

/** Counters, shared and of each CPU, and histograms, with maps of a size. */
function counting(size: number): ObjectSpec {
  const body = "@by[comm] = count(); @bytes[comm, pid] = sum(args.count); @sizes[comm] = hist(args.count);";
  return writes(body, "", `config = { max_map_keys = ${size} }`);
}

/** All figures of a map together. */
function total(version: Version | undefined, map: string): bigint {
  let sum = 0n;
  const { layout, batches } = { ...version!.readable(map), batches: () => version!.readable(map).batches() };
  for (const { count, values } of batches()) {
    const { buffer, byteOffset } = values.view;
    for (const word of new BigUint64Array(buffer, byteOffset, (count * layout.entrySize) / 8)) sum += word;
  }
  return sum;
}

function isExact(version: Version | undefined, written: number): void {
  assert.equal(total(version, "AT_by"), BigInt(written));
  // Its second word, on each CPU that has one, says that there is a sum.
  assert.ok(total(version, "AT_bytes") >= BigInt(written));
  // Of one byte each: as many in the bucket as in the sum.
  assert.equal(total(version, "AT_sizes"), 2n * BigInt(written));
}

kernelTest(
  "sums go on in maps of other sizes, under load, taken back and taken up",
  { needs: ["perf_event_link"] },
  async (context) => {
    const folder = pinFolder(context);
    let left: LeftVersion | undefined;
    const commit = (version: Version): void => void (left = leftBy(version));
    let hosted = host({ printed: [] }, folder);
    await hosted.deploy(counting(SIZES[0]!), { sums, commit });
    let written = await whileWriting(async () => {
      for (let upgrade = 1; upgrade <= 12; upgrade++) {
        const size = SIZES[upgrade % SIZES.length]!;
        const { resized, anew } = await hosted.deploy(counting(size), { sums, commit });
        assert.deepEqual(new Set(resized.map(({ map }) => map)), new Set(["AT_by", "AT_bytes", "AT_sizes"]));
        assert.ok(resized.every(({ to, lost }) => to === size && lost === 0));
        assert.deepEqual(anew, []);
        if (upgrade % 3 === 0) assert.equal(await hosted.revert(commit), true);
        if (upgrade % 4 === 0) {
          // Descriptors are closed as the kernel closes them when a process is killed.
          hosted.close();
          hosted = host({ printed: [] }, folder);
          hosted.adopt(left!, () => false);
          const size = left!.spec.maps.find(({ name }) => name === "AT_by")!.maxEntries;
          const { added } = await hosted.deploy(counting(size), { sums, commit, takenUp: true });
          assert.deepEqual(added, []);
        }
      }
    });
    isExact(hosted.current, written);
    // However often that was, a map has no more than two bases.
    assert.ok([...hosted.current!.bases.values()].every(({ length }) => length <= 2));
    assert.equal(hosted.current!.created.get("AT_by"), left!.created["AT_by"]);

    // And while nothing runs.
    await hosted.stop(sums);
    await write(1000);
    await hosted.deploy(counting(4000), { sums, commit });
    await write(7);
    written += 7;
    isExact(hosted.current, written);
    await hosted.stop(() => false);
  },
);

kernelTest("state is copied, there and back", {}, async (context) => {
  const folder = pinFolder(context);
  const hosted = host({ printed: [] }, folder);
  const state = (version: number, size: number): ObjectSpec =>
    writes(
      `@state[args.count, ${version}] = 10 + ${version}; @by[comm] = count();`,
      "",
      `config = { max_map_keys = ${size} }`,
    );
  const keys = (): number[] => {
    const found: number[] = [];
    const map = hosted.current!.collection.map("AT_state");
    map.forEach((_keys, _key, values, value) => found.push(Number(values.getBigInt64(value, true))));
    return found.sort((a, b) => a - b);
  };
  await hosted.deploy(state(1, 50), { sums });
  await write(1);
  await hosted.deploy(state(2, 1000), { sums });
  await write(1);
  assert.deepEqual(keys(), [11, 12]);
  assert.equal(await hosted.revert(), true);
  assert.deepEqual(keys(), [11, 12]);
  const { resized } = await hosted.deploy(state(3, 1), { sums });
  const { lost } = resized.find(({ map }) => map === "AT_state")!;
  assert.equal(lost, 1, "one entry has room");
  assert.equal(keys().length, 1);
  await hosted.stop(() => false);
});

kernelTest("an entry that is newer stays", {}, async () => {
  const map = (maxEntries: number) =>
    createMap(kernel, {
      name: "m",
      type: "hash",
      keySize: 4,
      valueSize: 4,
      maxEntries,
      flags: 0,
      keyTypeId: 0,
      valueTypeId: 0,
    });
  const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
  const [from, to] = [map(3), map(2)];
  try {
    for (const key of [1, 2, 3]) from.update(word(key), word(10 * key));
    to.update(word(2), word(7));
    assert.equal(copyEntries(from, to), 1);
    assert.deepEqual(to.lookup(word(2)), word(7));
  } finally {
    from.close();
    to.close();
  }
});

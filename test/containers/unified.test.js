// A machine with cgroup v2 alone, as far as this one can show it: a mount namespace of its own where nothing else is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { removeGroup } from "./cgroups.js";

const script = fileURLToPath(new URL("in-unified-view.js", import.meta.url));
const base = `/sonde-unified-${process.pid}`;

/** @param {readonly unknown[]} a @param {readonly unknown[]} b */
const byName = (a, b) => (String(a[0]) < String(b[0]) ? -1 : 1);

test("containers in the unified hierarchy are named, and filtered by name", (t) => {
  t.after(() => removeGroup(base));
  const view = 'umount -R -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && exec "$@"';
  const words = ["--mount", "sh", "-c", view, "sh", process.execPath, script, base];
  const { all, one } = JSON.parse(execFileSync("unshare", words, { encoding: "utf8" }));
  const counts = (/** @type {{ container: string, cgroup: string, value: number }[]} */ series) =>
    series.map(({ container, cgroup, value }) => [container, cgroup, value]);
  const wanted = [301, 302, 303].map((writes, i) => [`unified-${i}`, `${base}/unified-${i}`, writes]);
  assert.deepEqual(
    counts(all)
      .filter(([, cgroup]) => String(cgroup).startsWith(base))
      .sort(byName),
    wanted,
  );
  assert.deepEqual(counts(one), wanted.slice(2));
});

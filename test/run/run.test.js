// `sonde run`: a monitor in a terminal, its figures as exact as the workload is known.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { root } from "../../tools/lib/environment.js";
import { ddCommand, runSonde } from "../support/sonde.js";

const folder = mkdtempSync(path.join(tmpdir(), "sonde-run-"));
after(() => rmSync(folder, { recursive: true }));

const WRITES = path.join(folder, "writes.bt");
writeFileSync(
  WRITES,
  `/*
 * ---
 * help: Writes of one byte
 * metrics:
 *   - map: "@writes"
 *     name: writes
 *     help: Writes made
 *     labels: [comm]
 *   - map: "@sizes"
 *     name: write_size_bytes
 *     help: Bytes of each
 *     unit: bytes
 * ---
 */
tracepoint:syscalls:sys_enter_write /args.count == 1/ {
  @writes[comm] = count();
  @sizes = hist(args.count);
  @private = count();
}
`,
);
// A name of its own: whatever else writes on this machine is not counted.
const NAME = `dd${process.pid}`;
symlinkSync("/bin/dd", path.join(folder, NAME));
const dd = [path.join(folder, NAME), ...ddCommand(20_000).slice(1)].join(" ");
/** @param {string} text */
const lines = (text) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("counts every write of a command, as JSON lines", async () => {
  const { status, stdout, stderr } = await runSonde(["run", WRITES, "--comm", NAME, "-o", "jsonl", "-c", dd]);
  assert.equal(status, 0, stderr);
  const [sizes, writes, ...more] = lines(stdout).map(({ time, ...series }) => series);
  assert.deepEqual(more, [], "maps that are no metric are not shown");
  assert.deepEqual(writes, { metric: "writes", type: "counter", labels: { comm: NAME }, value: 20_000 });
  assert.deepEqual(sizes.buckets, [{ low: 1, high: 2, count: 20_000 }]);
});

test("looks at intervals add up to what happened", async () => {
  const command = `sh -c "${dd}; sleep 0.5; ${dd}"`;
  const { status, stdout, stderr } = await runSonde([
    "run",
    WRITES,
    "0.1",
    "--comm",
    NAME,
    "-o",
    "json",
    "-c",
    command,
  ]);
  assert.equal(status, 0, stderr);
  const writes = JSON.parse(stdout).filter((/** @type {any} */ { metric }) => metric === "writes");
  assert.ok(writes.length > 1, stdout);
  assert.equal(
    writes.reduce((/** @type {number} */ sum, /** @type {any} */ { value }) => sum + value, 0),
    40_000,
  );
});

test("what a metric has no room for is a series of its own, and is said", async () => {
  const source = path.join(folder, "full.ts");
  writeFileSync(
    source,
    `import { counter, decode, monitor, tracepoint } from "sonde/probe";
     monitor("full", { help: "Writes" });
     const writes = counter("writes", { help: "Writes made", labels: { size: decode.uint }, maxSeries: 2 });
     tracepoint("syscalls:sys_enter_write", ({ count }) => writes.increment({ size: count }));
    `,
  );
  const sizes = [1, 2, 3, 4].map((size) =>
    [path.join(folder, NAME), ...ddCommand(1000).slice(1), `bs=${size}`].join(" "),
  );
  const command = `sh -c "${sizes.join("; ")}"`;
  const shown = await runSonde(["run", source, "--comm", NAME, "-o", "jsonl", "-c", command]);
  assert.equal(shown.status, 0, shown.stderr);
  assert.deepEqual(Object.fromEntries(lines(shown.stdout).map(({ labels, value }) => [labels.size, value])), {
    1: 1000,
    2: 1000,
    other: 2000,
  });
  assert.match(shown.stderr, /^WARNING: writes is full with 2 series: what more there are is added up as "other"/m);
});

test("a person sees a histogram and a list", async () => {
  const { stdout, stderr } = await runSonde(["run", WRITES, `--comm=${NAME}`, "-c", dd]);
  assert.match(stdout, new RegExp(`^Writes made\nCOMM +VALUE\n${NAME} +20000$`, "m"), stderr);
  assert.match(stdout, /^Bytes of each \(bytes\)\n\[1\] +20000 \|@{52}\|$/m);
});

test("COUNT looks, then an end by itself", async () => {
  const { status, stdout } = await runSonde(["run", "syscalls", "0.2", "3"]);
  assert.equal(status, 0);
  assert.equal(stdout.match(/^\d\d:\d\d:\d\d$/gm)?.length, 3, stdout);
});

test("every monitor that comes with Sonde is listed, has a help, and runs", async () => {
  const names = readdirSync(path.join(root, "monitors"))
    .filter((file) => file.endsWith(".bt"))
    .map((file) => file.slice(0, -3));
  const { stdout: listed } = await runSonde(["run", "--list"]);
  for (const name of names) {
    assert.match(listed, new RegExp(`^${name} `, "m"));
    const help = await runSonde(["run", name, "--help"]);
    assert.equal(help.status, 0);
    assert.match(help.stdout, new RegExp(`sonde run ${name} `));
    const { status, stderr } = await runSonde(["run", name, "-q", "-d", "0.1"]);
    assert.equal(status, 0, stderr);
  }
});

/** @type {readonly (readonly [words: readonly string[], status: number, message: RegExp])[]} */
const wrong = [
  [[], 2, /name a monitor; 'sonde run --list' shows/],
  [["runqlatt"], 2, /there is no monitor 'runqlatt'; did you mean 'runqlat'\?/],
  [["./nosuch.bt"], 1, /cannot read the monitor: there is no file/],
  [["./nosuch.txt"], 1, /'nosuch.txt' is no monitor's file/],
  [["runqlat", "often"], 2, /INTERVAL takes seconds, such as 1 or 0.5, not 'often'/],
  [["runqlat", "1", "0"], 2, /COUNT takes a number from 1 on/],
  [["runqlat", "1", "2", "3"], 2, /'3' is not understood/],
  [["runqlat", "--fields", "comm"], 2, /runqlat has no stream whose fields could be chosen/],
  [["runqlat", "--nosuch"], 2, /there is no option '--nosuch'/],
  [["runqlat", "-p", "x"], 2, /pid takes a number/],
];
for (const [words, status, message] of wrong) {
  test(`wrong: sonde run ${words.join(" ")}`, async () => {
    const ended = await runSonde(["run", ...words]);
    assert.match(ended.stderr, message);
    assert.equal(ended.stdout, "");
    assert.equal(ended.status, status);
  });
}

test("a reader that leaves is a normal end", () => {
  const { status } = spawnSync("bash", [
    "-c",
    `set -o pipefail; ${path.join(root, "bin/sonde")} run syscalls 0.1 -o jsonl 2>/dev/null | head -n 1 >/dev/null`,
  ]);
  assert.equal(status, 0);
});

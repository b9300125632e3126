// sonde load: what is told of each program, what stays, and that nothing is left.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runSonde } from "../support/sonde.js";
import { attached, bpftool, compile, exists, gone, writer } from "./objects.js";
import { temporaryFolder } from "../support/folder.js";

const folder = temporaryFolder();
const writes = () => compile("writes", folder);
const refused = () => compile("refused", folder);

/** @param {readonly string[]} words */
async function loadJson(words) {
  const { status, stdout, stderr } = await runSonde(["load", "-o", "json", ...words]);
  assert.notEqual(stdout, "", stderr);
  return { status, stderr, ...JSON.parse(stdout) };
}

/** @param {any} object @param {string} name */
const program = (object, name) => object.programs.find((/** @type {any} */ each) => each.name === name);

test("a trial says what was loaded and what was left out, and lets go", async () => {
  const { status, objects, stderr } = await loadJson([writes()]);
  assert.equal(status, 0);
  assert.match(stderr, /nothing was left in the kernel/);
  const [object] = objects;
  assert.equal(program(object, "count_writes_by_process").state, "loaded");
  assert.deepEqual(program(object, "left_out").state, "skipped");
  assert.equal(program(object, "left_out").reason, "autoload is off");
  await gone("prog", program(object, "count_writes_by_process").id);
  for (const map of object.maps) await gone("map", map.id);
});

test("a refusal is told by its reason and source line, with all others; nothing is left", async () => {
  const { status, objects, stderr } = await loadJson(["--attach", refused(), writes()]);
  assert.equal(status, 1);
  assert.match(stderr, /nothing of this was left/);
  const bad = program(objects[0], "forgets_the_null_check");
  assert.equal(bad.state, "failed");
  assert.match(bad.verifier.reason, /R0 invalid mem access 'map_value_or_null'/);
  assert.equal(bad.verifier.source.text.trim(), "*value += 1;");
  assert.equal(bad.verifier.source.line, 25);
  assert.equal(program(objects[0], "good").state, "loaded");
  assert.equal(program(objects[1], "count_writes_by_process").state, "loaded");
  for (const object of objects) for (const { id } of object.programs) if (id !== undefined) await gone("prog", id);

  const text = await runSonde(["load", refused()]);
  assert.match(text.stdout, /^ +- +forgets_the_null_check +raw_tracepoint +failed +raw_tracepoint\/sched_switch$/m);
  assert.match(text.stdout, /refused\.bpf\.c:25:\d+: \*value \+= 1;$/m);
});

test("a map that its object pins by its name is not left by a trial, and stays if it was there before", async () => {
  const object = fileURLToPath(new URL("../../packages/bpf/testdata/elf-kinds.bpf.o", import.meta.url));
  const pin = "/sys/fs/bpf/elf_pinned";
  rmSync(pin, { force: true });
  const trial = await runSonde(["load", object]);
  assert.equal(trial.status, 0, trial.stderr);
  assert.equal(existsSync(pin), false);
  const folder = "/sys/fs/bpf/sonde-load-by-name";
  try {
    const kept = await runSonde(["load", "--pin", folder, object]);
    assert.equal(kept.status, 0, kept.stderr);
    assert.equal(existsSync(pin), true);
    assert.equal((await runSonde(["load", object])).status, 0);
    assert.equal(existsSync(pin), true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(pin, { force: true });
  }
});

test("stays attached until a signal, with the settings that were asked for", async () => {
  const dd = writer(321);
  const loader = await attached([
    "--map",
    "by_process=77",
    "--global",
    `only_pid=${dd.pid}`,
    "--autoload",
    "left_out",
    writes(),
  ]);
  const [object] = loader.report.objects;
  const { id } = program(object, "count_writes_by_process");
  const byProcess = object.maps.find((/** @type {any} */ map) => map.name === "by_process");
  assert.deepEqual(
    program(object, "count_writes_by_process").attachedTo.map((/** @type {any} */ at) => at.place),
    ["tracepoint:syscalls:sys_enter_write"],
  );
  assert.equal(program(object, "left_out").state, "attached");
  assert.equal(bpftool("map", "show", "id", String(byProcess.id)).max_entries, 77);
  await dd.run();
  const entries = bpftool("map", "dump", "id", String(byProcess.id));
  assert.deepEqual(
    entries.map((/** @type {any} */ entry) => entry.formatted),
    [
      {
        key: { comm: "dd", pid: dd.pid },
        value: { count: 321, balance: -321, sizes: [321, 0, 0, 0], direction: "OUTWARD" },
      },
    ],
  );
  assert.equal((await loader.stop()).status, 0);
  await gone("prog", id);
});

test("pinned, it goes on without anybody; removing the pins ends it", async (context) => {
  const pins = `/sys/fs/bpf/sonde-load-${process.pid}`;
  context.after(() => rmSync(pins, { recursive: true, force: true }));
  const { status, objects, pins: made, stderr } = await loadJson(["--attach", "--pin", pins, writes()]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(readdirSync(pins).sort(), ["count_writes_by_process", "links", "maps"]);
  for (const path of made) assert.ok(existsSync(path), path);
  const { id } = program(objects[0], "count_writes_by_process");
  assert.equal(bpftool("prog", "show", "pinned", `${pins}/count_writes_by_process`).id, id);

  const again = await runSonde(["load", "--attach", "--pin", pins, writes()]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /pinned at this path already/);
  for (const path of made) assert.ok(existsSync(path), `${path} was there before`);

  rmSync(pins, { recursive: true });
  await gone("prog", id);
});

test("a pin that fails takes the others back", async (context) => {
  const pins = `/sys/fs/bpf/sonde-load-${process.pid}`;
  context.after(() => rmSync(pins, { recursive: true, force: true }));
  mkdirSync(`${pins}/maps/totals`, { recursive: true });
  const { status } = await runSonde(["load", "--pin", pins, writes()]);
  assert.equal(status, 1);
  assert.deepEqual(readdirSync(pins), ["maps"]);
  assert.deepEqual(readdirSync(`${pins}/maps`), ["totals"]);
});

test("asked to keep going, the good program stays attached beside the refused one", async () => {
  const loader = await attached(["--keep-going", refused()]);
  const [object] = loader.report.objects;
  assert.equal(program(object, "good").state, "attached");
  assert.equal(program(object, "forgets_the_null_check").state, "failed");
  assert.ok(exists("prog", program(object, "good").id));
  assert.equal((await loader.stop()).status, 1);
  await gone("prog", program(object, "good").id);
});

const mistakes = [
  { words: () => [], status: 2, says: /name an object/ },
  { words: () => ["/nowhere.o"], status: 1, says: /cannot read the object \/nowhere\.o\n.*ENOENT/ },
  {
    words: () => ["/etc/passwd"],
    status: 1,
    says: /cannot read the object \/etc\/passwd\n.*offset 0x0: not an ELF file/,
  },
  { words: () => ["--map", "by_process", writes()], status: 2, says: /--map takes NAME=SIZE, not 'by_process'/ },
  {
    words: () => ["--map", "by_proces=5", writes()],
    status: 2,
    says: /no object has a map 'by_proces'; did you mean 'by_process'\?/,
  },
  { words: () => ["--map", "by_process=many", writes()], status: 2, says: /a size is a number of entries/ },
  { words: () => ["--global", "only_pid=me", writes()], status: 2, says: /the variable holds a number/ },
  { words: () => ["--no-autoload", "nothing", writes()], status: 2, says: /no object has a program 'nothing'/ },
  { words: () => ["--pin", "/tmp/pins", writes()], status: 1, says: /\/tmp\/pins is not on a BPF file system/ },
  { words: () => ["-o", "xml", writes()], status: 2, says: /--output takes text, json, not 'xml'/ },
];
for (const { words, status, says } of mistakes) {
  test(`says what is wrong: ${says.source}`, async () => {
    const ended = await runSonde(["load", ...words()]);
    assert.match(ended.stderr, says);
    assert.equal(ended.status, status);
    assert.equal(ended.stdout, "");
  });
}

// sonde inspect against bpftool, which sees the same kernel.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { runSonde } from "../support/sonde.js";
import { attached, bpftool, compile, writer } from "./objects.js";
import { temporaryFolder } from "../support/folder.js";

const WRITES = 700;
/** @type {Awaited<ReturnType<typeof attached>>} */
let loader;
/** @type {ReturnType<typeof writer>} */
let dd;
/** @type {number} */
let programId;

before(async () => {
  dd = writer(WRITES);
  const object = compile("writes", temporaryFolder());
  loader = await attached(["--global", `only_pid=${dd.pid}`, object]);
  programId = loader.report.objects[0].programs.find((/** @type {any} */ each) => each.state === "attached").id;
  await dd.run();
});
after(async () => void (await loader.stop()));

/** @param {readonly string[]} words */
async function inspect(...words) {
  const { status, stdout, stderr } = await runSonde(["inspect", "-o", "json", ...words]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test("a program's attributes are bpftool's, and its owner is the process that loaded it", async () => {
  const { programs } = await inspect("--interval", "0");
  const mine = programs.find((/** @type {any} */ each) => each.id === programId);
  const its = bpftool("prog", "show", "id", String(programId));
  assert.deepEqual(
    [
      mine.type,
      mine.name,
      mine.tag,
      mine.uid,
      mine.gplCompatible,
      mine.translatedBytes,
      mine.jitedBytes,
      mine.mapIds,
      mine.btfId,
    ],
    [
      its.type,
      its.name,
      its.tag,
      its.uid,
      its.gpl_compatible,
      its.bytes_xlated,
      its.bytes_jited,
      its.map_ids,
      its.btf_id,
    ],
  );
  assert.ok(Math.abs(Date.parse(mine.loadedAt) / 1000 - its.loaded_at) < 2);
  assert.deepEqual(mine.processes, [{ pid: loader.pid, comm: "sonde" }]);
  assert.deepEqual(mine.attachedTo.length, 1);
});

test("a program is found by id, by name, by the kernel's 15 characters and by a pattern", async () => {
  for (const word of [String(programId), "count_writes_by_process", "count_writes_by", "count_writes_*"]) {
    const { programs } = await inspect("prog", word, "--interval", "0");
    assert.deepEqual(
      programs.map((/** @type {any} */ each) => each.id),
      [programId],
      word,
    );
    assert.ok(programs[0].instructions.length > 0, word);
  }
});

test("instructions and their source lines are bpftool's, one by one", async () => {
  const { programs } = await inspect("prog", String(programId), "--interval", "0");
  const ours = programs[0].instructions;
  const its = bpftool("prog", "dump", "xlated", "id", String(programId));
  assert.deepEqual(
    ours.map((/** @type {any} */ each) => ourForm(each.text)),
    its.map((/** @type {any} */ each) => ourForm(bpftoolForm(each.disasm))),
  );
  assert.deepEqual(
    ours.map((/** @type {any} */ each) => each.source?.text.trim()),
    its.map((/** @type {any} */ each) => each.src?.trim()),
  );
  const functions = ours.flatMap((/** @type {any} */ each) => each.function ?? []);
  assert.deepEqual(functions, ["count_writes_by_process", "bucket"]);
  const sized = ours.reduce(
    (/** @type {number} */ sum, /** @type {any} */ each) => sum + (each.source?.jitedBytes ?? 0),
    0,
  );
  assert.ok(sized > 0 && sized <= programs[0].jitedBytes, `${sized} of ${programs[0].jitedBytes} bytes`);
});

/** bpftool's way of writing an instruction, in ours. @param {string} text */
function bpftoolForm(text) {
  return text
    .replace(/^\(..\) /, "")
    .replace(/call pc\S+#bpf_prog_[0-9a-f]{16}_(\w+)$/, "call $1")
    .replace(/#-?\d+$/, "")
    .replace(/goto pc/, "goto ")
    .replace(/\((r\d+) ([+-])(\d+)\)/g, "($1 $2 $3)")
    .replace(/0x[0-9a-f]+/g, (hex) => String(Number(hex)));
}

/** Without what bpftool does not show: maps' names, and per-CPU addresses. @param {string} text */
function ourForm(text) {
  return text.replace(/map\[id:(\d+) [^\]]+\]/, "map[id:$1]").replace("&(void __percpu *)(r0)", "r0");
}

/** @param {string} name */
function mapId(name) {
  return String(loader.report.objects[0].maps.find((/** @type {any} */ map) => map.name === name).id);
}

test("maps have bpftool's attributes, and what is in them is decoded as it decodes it", async () => {
  for (const name of ["by_process", "totals", ".bss", ".rodata"]) {
    const [map] = (await inspect("map", mapId(name))).maps;
    const its = bpftool("map", "show", "id", mapId(name));
    assert.deepEqual(
      [map.type, map.keySize, map.valueSize, map.maxEntries, map.flags, map.memoryBytes, map.btfId],
      [its.type, its.bytes_key, its.bytes_value, its.max_entries, its.flags, its.bytes_memlock, its.btf_id],
    );
    assert.ok(map.processes.some((/** @type {any} */ holder) => holder.pid === loader.pid));
  }
  for (const name of ["by_process", "totals"]) {
    const [map] = (await inspect("map", mapId(name))).maps;
    const dumped = bpftool("map", "dump", "id", mapId(name)).map((/** @type {any} */ entry) => entry.formatted);
    assert.deepEqual(map.contents, { entries: dumped, total: dumped.length });
  }
  const [counted] = (await inspect("map", mapId("by_process"))).maps[0].contents.entries;
  assert.deepEqual(counted.key, { comm: "dd", pid: dd.pid });
  assert.equal(counted.value.count, WRITES);
  const [bss] = (await inspect("map", mapId(".bss"))).maps[0].contents.entries;
  assert.deepEqual(bss, { key: 0, value: { runs: WRITES } });
});

test("what cannot be read says why", async () => {
  const [ring] = (await inspect("map", mapId("events"))).maps;
  assert.deepEqual(ring.contents.entries, []);
  assert.match(ring.contents.unreadable, /ringbuf cannot be looked at/);
});

test("links say what they run, where, and who holds them", async () => {
  const { links } = await inspect("link", "--pid", String(loader.pid), "--interval", "0");
  assert.equal(links.length, 1);
  const [link] = links;
  const its = bpftool("link", "show", "id", String(link.id));
  assert.equal(link.kind, its.type);
  assert.equal(link.programId, its.prog_id);
  assert.equal(link.programName, "count_writes_by_process");
  assert.deepEqual(link.processes, [{ pid: loader.pid, comm: "sonde" }]);
});

test("the cost of a program is that of the runs in the interval", async () => {
  let inspected = false;
  const inspecting = inspect("prog", "count_writes_by_process", "--interval", "2").finally(() => (inspected = true));
  // Writes go on for all of the interval, whenever Node.js has come to it.
  while (!inspected) await writer(2_000).run();
  const [{ cost, runs, nanoseconds }] = (await inspecting).programs;
  assert.ok(cost.eventsPerSecond * 2.5 >= 2_000, `${cost.eventsPerSecond} events a second`);
  assert.ok(cost.nanosecondsPerEvent > 5 && cost.nanosecondsPerEvent < 100_000, `${cost.nanosecondsPerEvent} ns`);
  const share = (cost.eventsPerSecond * cost.nanosecondsPerEvent) / 1e9;
  assert.ok(Math.abs(cost.cpu - share) < 1e-9 + share / 1000, `${cost.cpu} is not ${share}`);
  // Others may have statistics on: then the counts have grown since.
  const its = bpftool("prog", "show", "id", String(programId));
  assert.ok(runs >= 2_000 && its.run_cnt >= runs, `${runs} runs, then ${its.run_cnt}`);
  assert.ok(its.run_time_ns >= nanoseconds, `${nanoseconds} ns, then ${its.run_time_ns}`);
});

test("filters keep what fits, and the maps and links of programs that fit", async () => {
  const named = await inspect("--name", "count_writes", "--interval", "0");
  assert.deepEqual(
    named.programs.map((/** @type {any} */ each) => each.id),
    [programId],
  );
  assert.deepEqual(
    named.maps.map((/** @type {any} */ each) => each.id),
    bpftool("prog", "show", "id", String(programId)).map_ids,
  );
  assert.equal(named.links.length, 1);
  const typed = await inspect("map", "--type", "percpu_*", "--pid", String(loader.pid));
  assert.deepEqual(
    typed.maps.map((/** @type {any} */ each) => each.name),
    ["totals"],
  );
  assert.deepEqual(await inspect("--pid", "1", "--name", "count_writes", "--interval", "0"), {
    programs: [],
    maps: [],
    links: [],
  });
});

test("types are listed, and printed as C", async () => {
  const { btfId } = (await inspect("prog", String(programId), "--interval", "0")).programs[0];
  const [btf] = (await inspect("btf", String(btfId))).btf;
  assert.deepEqual(btf.programIds, [programId]);
  assert.ok(
    btf.definitions.includes("enum direction {\n\tINWARD = 1,\n\tOUTWARD = 2,\n};"),
    btf.definitions.join("\n"),
  );
});

test("as text: a table that says who, a page that says everything", async () => {
  const { stdout } = await runSonde(["inspect", "--pid", String(loader.pid), "--interval", "0"]);
  assert.match(stdout, /^1 program, 7 maps \(.* KiB\), 1 link$/m);
  assert.match(
    stdout,
    new RegExp(`^ *${programId}  tracepoint  count_writes_by_process  .*  sonde ${loader.pid}$`, "m"),
  );
  const page = await runSonde(["inspect", "prog", String(programId), "--interval", "0"]);
  assert.match(page.stdout, /^ +attached to +tracepoint:/m);
  assert.match(page.stdout, /^; writes\.bpf\.c:\d+: seen->count\+\+;$/m);
  const map = await runSonde(["inspect", "map", mapId("by_process")]);
  const entry = `{ comm "dd", pid ${dd.pid} }: { count ${WRITES}, balance -${WRITES}, sizes [${WRITES}, 0, 0, 0], direction "OUTWARD" }`;
  assert.ok(map.stdout.includes(entry), map.stdout);
});

const mistakes = [
  { words: ["prgo"], status: 2, says: /'prgo' is none of prog, map, link and btf/ },
  { words: ["map", "4294967295"], status: 1, says: /the kernel has no map 4294967295/ },
  { words: ["prog", "count_writes_by_procesS"], status: 1, says: /did you mean 'count_writes_by_process'/ },
  { words: ["map", "/sys/fs/bpf/nothing-here"], status: 1, says: /nothing is pinned at/ },
  { words: ["--interval", "soon"], status: 2, says: /--interval takes a number/ },
  { words: ["--watch", "--interval", "0"], status: 2, says: /--watch needs an --interval/ },
];
for (const { words, status, says } of mistakes) {
  test(`says what is wrong: ${says.source}`, async () => {
    const ended = await runSonde(["inspect", ...words]);
    assert.match(ended.stderr, says);
    assert.equal(ended.status, status);
    assert.equal(ended.stdout, "");
  });
}

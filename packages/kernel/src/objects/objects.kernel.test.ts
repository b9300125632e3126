/** The system's objects as bpftool (Debian's package) sees them. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { uptime } from "node:os";
import { encode, exit, layout, mov64Imm, withLabel } from "@sonde/bpf/asm";
import type { MapSpec } from "@sonde/bpf/spec";
import { loadCollection } from "../collection/load.ts";
import { testMap, testObject } from "../collection/test-object.ts";
import { Attacher } from "../links/attacher.ts";
import { openKernel } from "../sys/linux.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { CostMeter } from "./cost.ts";
import { findHolders } from "./holders.ts";
import { jitedLineBytes } from "./jited-lines.ts";
import { listBtf, listLinks, listMaps, listPrograms } from "./list.ts";
import { programCode } from "./program-code.ts";
import { programInfo } from "./program-info.ts";

const kernel = openKernel();
const vmlinux = (): undefined => undefined;
const PIN_FOLDER = "/sys/fs/bpf";

const maps: readonly MapSpec[] = [testMap("hashed", "hash"), testMap("each", "percpu_array")];
const spec = testObject([{ name: "main", attach: [{ kind: "rawTracepoint", name: "sched_switch" }] }], maps);

// oxlint-disable-next-line typescript/no-explicit-any -- bpftool's JSON
function bpftool(...words: readonly string[]): any {
  return JSON.parse(execFileSync("bpftool", ["-j", ...words], { encoding: "utf8" }));
}

kernelTest("programs, maps and links are as bpftool shows them", () => {
  using collection = loadCollection(kernel, spec, { vmlinux });
  const program = collection.program("main");
  const id = program.id();
  using link = new Attacher(kernel).attach(program, program.targets[0]!);

  const info = listPrograms(kernel).find((each) => each.id === id);
  const shown = bpftool("prog", "show", "id", String(id));
  assert.ok(info);
  assert.equal(info.type, shown.type);
  assert.equal(info.name, "main");
  assert.equal(info.tag, shown.tag);
  assert.equal(info.uid, shown.uid);
  assert.equal(info.gplCompatible, shown.gpl_compatible);
  assert.equal(info.translatedBytes, shown.bytes_xlated);
  assert.equal(info.jitedBytes, shown.bytes_jited ?? 0);
  assert.equal(info.btfId, shown.btf_id ?? 0);
  const started = Date.now() / 1000 - uptime();
  const loadedAt = started + Number(info.loadedAt) / 1e9;
  assert.ok(Math.abs(loadedAt - shown.loaded_at) < 2, `${loadedAt} is not ${shown.loaded_at}`);

  for (const name of ["hashed", "each"]) {
    const { id: mapId } = collection.map(name).info();
    const entry = listMaps(kernel).find((each) => each.id === mapId);
    const its = bpftool("map", "show", "id", String(mapId));
    assert.ok(entry);
    assert.deepEqual(
      [entry.type, entry.keySize, entry.valueSize, entry.maxEntries, entry.flags, entry.memoryBytes, entry.frozen],
      [its.type, its.bytes_key, its.bytes_value, its.max_entries, its.flags, its.bytes_memlock, its.frozen === 1],
    );
  }

  const { id: linkId } = link.info();
  const entry = listLinks(kernel).find((each) => each.id === linkId);
  assert.ok(entry);
  assert.equal(entry.programId, id);
  assert.equal(entry.kind, "raw_tracepoint");
  assert.equal(entry.place, "rawtracepoint:sched_switch");
  assert.equal(bpftool("link", "show", "id", String(linkId)).tp_name, "sched_switch");
});

kernelTest("BTF objects have their sizes and who they are of", () => {
  using collection = loadCollection(kernel, spec, { vmlinux });
  const { btfId } = programInfo(kernel, collection.program("main").fd, "main");
  const mine = listBtf(kernel).find(({ id }) => id === btfId);
  const shown = bpftool("btf", "show", "id", String(btfId));
  assert.deepEqual(mine, { id: btfId, name: "", bytes: shown.size, ofKernel: false });
});

kernelTest("a program's code comes with the lines it was made from", () => {
  using collection = loadCollection(kernel, spec, { vmlinux });
  const { fd } = collection.program("main");
  const code = programCode(kernel, fd, "main");
  // Nothing in these two instructions is rewritten.
  assert.deepEqual(code.translated, encode(layout([withLabel(mov64Imm(0, 0), "main"), exit()]), { map: () => 0 }));
  assert.deepEqual(
    code.lines.map(({ slot, line }) => [slot, line]),
    [
      [0, 1],
      [1, 2],
    ],
  );
  assert.equal(code.functions.length, 1);
  const { jitedBytes } = programInfo(kernel, fd, "main");
  const total = code.jited.reduce((sum, { bytes }) => sum + bytes, 0);
  assert.ok(total > 0 && total <= jitedBytes, `${total} of ${jitedBytes} bytes`);
  const lines = jitedLineBytes(code);
  assert.ok(lines);
  assert.ok(lines.every((bytes) => bytes > 0));
  assert.ok(lines.reduce((sum, bytes) => sum + bytes, 0) <= total);
});

kernelTest("who holds what: processes by their descriptors, paths by their pins", async () => {
  using collection = loadCollection(kernel, spec, { vmlinux });
  const id = collection.program("main").id();
  const mapId = collection.map("hashed").info().id;
  const folder = `${PIN_FOLDER}/sonde-test-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  // A process that inherits the program's descriptor as its own third one.
  const child = spawn("sleep", ["60"], { stdio: ["ignore", "ignore", "ignore", collection.program("main").fd] });
  try {
    await once(child, "spawn");
    collection.map("hashed").pin(`${folder}/hashed`);
    const holders = findHolders(kernel);
    assert.deepEqual(holders.of("program", id), { processes: [{ pid: child.pid, comm: "sleep" }], pins: [] });
    assert.deepEqual(holders.of("map", mapId), { processes: [], pins: [`${folder}/hashed`] });
    assert.deepEqual(holders.of("map", 0xffff_ffff), { processes: [], pins: [] });
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});

kernelTest("cost is measured between two looks", { needs: ["run_time_stats"] }, () => {
  using collection = loadCollection(kernel, spec, { vmlinux });
  const program = collection.program("main");
  const look = () => [programInfo(kernel, program.fd, "main")];
  using meter = new CostMeter(kernel);
  assert.equal(meter.measure(look(), 1_000_000_000n).size, 0);
  for (let i = 0; i < 50; i++) program.testRun({ context: new Uint8Array(8) });
  const cost = meter.measure(look(), 3_000_000_000n).get(program.id());
  assert.ok(cost);
  assert.equal(cost.eventsPerSecond, 25);
  const idle = meter.measure(look(), 4_000_000_000n).get(program.id());
  assert.deepEqual(idle, { eventsPerSecond: 0, nanosecondsPerEvent: undefined, cpu: 0 });
});

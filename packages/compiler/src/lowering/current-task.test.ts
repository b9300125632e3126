import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder, BtfReader } from "@sonde/bpf/btf";
import type { Target } from "@sonde/bpf/spec";
import { FunctionBuilder, pointerTo, print, validate, type Func } from "../ir/index.ts";
import { PASSES, runPasses } from "../passes/index.ts";
import { readTaskDirectly, type Kernels } from "./current-task.ts";
import { Helper } from "./helpers.ts";
import { ObjectTypes } from "./object-types.ts";

const TASK = { tgid: 4, comm: 8, parent: 24 };

function target(loop: boolean): Target {
  const types = new BtfBuilder();
  const int = types.int("int", 4, "signed");
  const name = types.array(types.int("char", 1, "char"), 16);
  types.struct("task_struct", 32, [
    { name: "pid", type: int, bitOffset: 0 },
    { name: "tgid", type: int, bitOffset: TASK.tgid * 8 },
    { name: "comm", type: name, bitOffset: TASK.comm * 8 },
    { name: "parent", type: types.ptr(0), bitOffset: TASK.parent * 8 },
  ]);
  const features = { taskBtf: true, loop } as Target["features"];
  return {
    arch: "x86_64",
    btf: new BtfReader(types.encode()),
    features,
    tracepoint: () => undefined,
    probes: () => [],
  };
}

/** The text of what comes of a function for some kernels, optimised, its versions one after the other. */
function lowered(build: (b: FunctionBuilder) => void, kernels: Kernels, loop = true): string {
  const b = new FunctionBuilder("f", "main", []);
  build(b);
  const func: Func = b.finish();
  const known = target(loop);
  readTaskDirectly(func, new ObjectTypes(known), known, kernels);
  validate(func);
  runPasses(func, PASSES, { after: (each, pass) => validate(each, pass.name) });
  return print(func);
}

/** The name and both numbers, in a record's place. */
function whoRuns(b: FunctionBuilder): void {
  const record = b.mapValue("records", 0);
  b.call(Helper.comm, [record, b.constant(16)]);
  const ids = b.call(Helper.pidTgid, []);
  b.store(record, 16, 4, b.extend(ids, 32, false));
  b.store(record, 20, 4, b.binary("lshr", ids, b.constant(32)));
  b.return(b.constant(0));
}

function calls(text: string): readonly string[] {
  return [...text.matchAll(/call (\w+)/g)].map(([, name]) => name!);
}

test("the name and the numbers are loads from one task where the kernel hands it out", () => {
  const text = lowered(whoRuns, "target");
  assert.deepEqual(calls(text), ["get_current_task_btf"]);
  for (const place of ["load8 [v", "+8]", "+16]", "load4 [v"]) assert.ok(text.includes(place), text);
});

test("an older kernel is asked by its helpers", () => {
  assert.deepEqual(calls(lowered(whoRuns, "target", false)), ["get_current_comm", "get_current_pid_tgid"]);
});

test("an object for all kernels holds both, and the kernel that loads it decides", () => {
  const text = lowered(whoRuns, "any");
  assert.deepEqual(calls(text), ["get_current_task_btf", "get_current_comm", "get_current_pid_tgid"]);
  assert.match(text, /branch ne core\(.* = 0\), 0 \? b\d+ : b\d+ likely/);
});

test("a pointer that was followed becomes a number that is read by the helper", () => {
  const text = lowered((b) => {
    const trusted = pointerTo("trusted");
    const parent = b.load(b.call(Helper.currentTaskBtf, [], trusted), TASK.parent, 8, { type: trusted });
    b.return(b.load(parent, 0, 4, { signed: true }));
  }, "any");
  assert.deepEqual(calls(text), ["get_current_task_btf", "get_current_task", "probe_read_kernel", "probe_read_kernel"]);
});

test("half of a name is still asked for: what is cut off ends in a NUL", () => {
  const text = lowered((b) => {
    b.call(Helper.comm, [b.mapValue("records", 0), b.constant(8)]);
    b.return(b.constant(0));
  }, "target");
  assert.deepEqual(calls(text), ["get_current_comm"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { disassemble } from "@sonde/bpf/asm";
import { FunctionBuilder } from "../ir/builder.ts";
import type { Func } from "../ir/ir.ts";
import { pointerTo, SCALAR } from "../ir/values.ts";
import { compileModule } from "./index.ts";

/** Assembly without slot numbers, as lines. */
function assembly(main: Func, ...functions: Func[]): string[] {
  const { instructions } = compileModule({ main, functions });
  return disassemble(instructions)
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^ *\d+: /, ""));
}

function main(): FunctionBuilder {
  return new FunctionBuilder("f", "main", []);
}

test("count by a key: look up, change in place, insert out of the way", () => {
  const b = main();
  const key = b.slot(16, "key");
  b.zero(key, 0, 16);
  b.call(16, [key, b.constant(16)]);
  b.ifNonNull(
    b.call(1, [b.map("m"), key]),
    "mapValue",
    (value) => b.store(value, 0, 8, b.binary("add", b.load(value, 0, 8), b.constant(1))),
    () => {
      const first = b.slot(8, "first");
      b.store(first, 0, 8, b.constant(1));
      b.call(2, [b.map("m"), key, first, b.constant(1)]);
    },
  );
  b.return(b.constant(0));
  assert.deepEqual(assembly(b.finish()), [
    "f:",
    "*(u64 *)(r10 - 16) = 0",
    "*(u64 *)(r10 - 8) = 0",
    "r1 = r10",
    "r1 += -16",
    "r2 = 16",
    "call bpf_get_current_comm",
    "r1 = map[m] ll",
    "r2 = r10",
    "r2 += -16",
    "call bpf_map_lookup_elem",
    "if r0 == 0 goto f.3",
    "r4 = *(u64 *)(r0 + 0)",
    "r4 += 1",
    "*(u64 *)(r0 + 0) = r4",
    "f.2:",
    "r0 = 0",
    "exit",
    "f.3:",
    "*(u64 *)(r10 - 24) = 1",
    "r1 = map[m] ll",
    "r2 = r10",
    "r2 += -16",
    "r3 = r10",
    "r3 += -24",
    "r4 = 1",
    "call bpf_map_update_elem",
    "goto f.2",
  ]);
});

test("a counted loop keeps its variables in registers", () => {
  const b = new FunctionBuilder("f", "subprogram", [SCALAR]);
  const i = b.variable("i");
  const sum = b.variable("sum");
  b.write(i, b.constant(0));
  b.write(sum, b.param(0));
  const head = b.block("head");
  const body = b.block("body");
  const done = b.block("done");
  b.jump(head);
  b.enter(head);
  b.branch({ kind: "ult", a: b.read(i), b: b.constant(10) }, body, done);
  b.enter(body);
  b.write(sum, b.binary("add", b.read(sum), b.read(i)));
  b.write(i, b.binary("add", b.read(i), b.constant(1)));
  b.jump(head);
  b.enter(done);
  b.return(b.read(sum));
  assert.deepEqual(assembly(b.finish()), [
    "f:",
    "r0 = r1",
    "r4 = 0",
    "f.1:",
    "if r4 >= 10 goto f.3",
    "r0 += r4",
    "r4 += 1",
    "goto f.1",
    "f.3:",
    "exit",
  ]);
});

test("the context survives calls in a register that they keep", () => {
  const b = main();
  const now = b.call(5, []);
  b.return(b.binary("add", now, b.load(b.context(), 8, 8)));
  assert.deepEqual(assembly(b.finish()), [
    "f:",
    "r6 = r1",
    "call bpf_ktime_get_ns",
    "r4 = *(u64 *)(r6 + 8)",
    "r0 += r4",
    "exit",
  ]);
});

test("signed loads and signed division use no instruction newer than 5.10", () => {
  const b = new FunctionBuilder("f", "subprogram", [pointerTo("mapValue"), SCALAR]);
  b.return(b.binary("sdiv", b.load(b.param(0), 0, 4, { signed: true }), b.constant(1000)));
  assert.deepEqual(assembly(b.finish()), [
    "f:",
    "r0 = *(u32 *)(r1 + 0)",
    "r0 <<= 32",
    "r0 s>>= 32",
    "r4 = r0",
    "r4 s>>= 63",
    "r0 ^= r4",
    "r0 -= r4",
    "r0 /= 1000",
    "r0 ^= r4",
    "r0 -= r4",
    "exit",
  ]);
});

test("constants take the shortest form that holds them", () => {
  const b = new FunctionBuilder("f", "subprogram", [pointerTo("mapValue")]);
  for (const [index, value] of [-1n, 0x7fff_ffffn, 0x8000_0000n, 0x1_0000_0000n].entries())
    b.store(b.param(0), 8 * index, 8, b.constant(value));
  b.store(b.param(0), 32, 2, b.constant(0x1_8001n));
  b.return(b.constant(0xffff_ffffn));
  assert.deepEqual(assembly(b.finish()), [
    "f:",
    "*(u64 *)(r1 + 0) = -1",
    "*(u64 *)(r1 + 8) = 2147483647",
    "w0 = -2147483648",
    "*(u64 *)(r1 + 16) = r0",
    "r0 = 4294967296 ll",
    "*(u64 *)(r1 + 24) = r0",
    "*(u16 *)(r1 + 32) = -32767",
    "w0 = -1",
    "exit",
  ]);
});

test("a field's offset comes from the running kernel: in the access, or as a number that is added", () => {
  const b = new FunctionBuilder("f", "subprogram", [pointerTo("trusted"), SCALAR]);
  const core = { kind: 0, typeId: 7, access: "0:2" } as const;
  const buffer = b.slot(8, "buffer");
  b.call(113, [buffer, b.constant(8), b.binary("add", b.param(1), b.core(core, 24))]);
  b.return(b.binary("add", b.load(b.param(0), 16, 4, { core }), b.load(buffer, 0, 8)));
  const { instructions } = compileModule({ main: b.finish(), functions: [] });
  const relocated = instructions
    .filter(({ ref }) => ref?.kind === "core")
    .map((instruction) => disassemble([instruction]).trim());
  assert.equal(relocated.length, 2);
  assert.match(relocated[0]!, /\+= 24/);
  assert.match(relocated[1]!, /= \*\(u32 \*\)\(r\d \+ 16\)/);
});

test("comparisons in 32 bits and tests of bits are single jumps", () => {
  const b = new FunctionBuilder("f", "subprogram", [SCALAR, SCALAR]);
  b.when({ kind: "slt", a: b.param(0), b: b.constant(-5), width: 32 }, () => b.return(b.constant(1)), undefined, false);
  b.when({ kind: "test", a: b.param(1), b: b.constant(4) }, () => b.return(b.constant(2)), undefined, false);
  b.return(b.constant(3));
  assert.deepEqual(assembly(b.finish()), [
    "f:",
    "if w1 s< -5 goto f.3",
    "if r2 & 4 goto f.4",
    "r0 = 3",
    "exit",
    "f.3:",
    "r0 = 1",
    "exit",
    "f.4:",
    "r0 = 2",
    "exit",
  ]);
});

test("a comparison as a value is 1 unless the jump over 0 is not taken", () => {
  const b = new FunctionBuilder("f", "subprogram", [SCALAR, SCALAR]);
  b.return(b.compare("ult", b.param(0), b.param(1)));
  assert.deepEqual(assembly(b.finish()), ["f:", "r0 = 1", "if r1 < r2 goto +1", "r0 = 0", "exit"]);
});

test("callbacks follow the main function and are passed by address; a small function becomes part of its caller", () => {
  const b = main();
  const state = b.slot(8, "state");
  b.store(state, 0, 8, b.constant(0));
  b.call(181, [b.constant(100), b.functionAddress("step"), state, b.constant(0)]);
  b.return(b.callFunction("twice", [b.load(state, 0, 8)]));
  const step = new FunctionBuilder("step", "callback", [SCALAR, pointerTo("stack")]);
  step.store(step.param(1), 0, 8, step.binary("add", step.load(step.param(1), 0, 8), step.param(0)));
  step.return(step.constant(0));
  const twice = new FunctionBuilder("twice", "subprogram", [SCALAR]);
  twice.return(twice.binary("add", twice.param(0), twice.param(0)));
  assert.deepEqual(assembly(b.finish(), step.finish(), twice.finish()), [
    "f:",
    "*(u64 *)(r10 - 8) = 0",
    "r1 = 100",
    "r2 = func[step] ll",
    "r3 = r10",
    "r3 += -8",
    "r4 = 0",
    "call bpf_loop",
    "r0 = *(u64 *)(r10 - 8)",
    "r4 = r0",
    "r4 += r0",
    "r0 = r4",
    "exit",
    "step:",
    "r0 = *(u64 *)(r2 + 0)",
    "r0 += r1",
    "*(u64 *)(r2 + 0) = r0",
    "r0 = 0",
    "exit",
  ]);
});

test("every instruction keeps the place it comes from", () => {
  const b = main();
  const at = (line: number): void => {
    b.source = { file: "-e", line, column: 1, text: "" };
  };
  at(1);
  const now = b.call(5, []);
  at(2);
  b.when({ kind: "ugt", a: now, b: b.constant(10) }, () => b.call(6, [b.constant(1), b.constant(2)]));
  at(3);
  b.return(b.constant(0));
  const { instructions } = compileModule({ main: b.finish(), functions: [] });
  assert.deepEqual(
    instructions.map(({ source }) => source?.line),
    [1, 2, 2, 2, 2, 3, 3],
  );
});

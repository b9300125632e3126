import assert from "node:assert/strict";
import { test } from "node:test";
import { disassemble } from "@sonde/bpf/asm";
import { FunctionBuilder } from "../ir/builder.ts";
import type { Inst } from "../ir/ir.ts";
import { sequence } from "./copies.ts";
import type { RegisterCopy } from "./copies.ts";
import { CompileError, compileModule } from "./index.ts";
import { overlap } from "./liveness.ts";
import { interpret } from "./testing/interpret.ts";
import { Random } from "./testing/random.ts";

test("parallel copies happen as if at once, whatever cycles they form", () => {
  const random = new Random(1);
  for (let round = 0; round < 2000; round++) {
    const size = 1 + random.below(7);
    const copies: RegisterCopy[] = Array.from({ length: size }, (_, to) => ({ to, from: random.below(size + 2) }));
    const want = copies.map(({ from }) => from);
    const registers = Array.from({ length: size + 2 }, (_, index) => index);
    sequence(
      copies,
      () => registers.push(-1) - 1,
      (to, from) => (registers[to] = registers[from]!),
    );
    assert.deepEqual(registers.slice(0, size), want, `round ${round}`);
  }
});

test("ranges that touch do not overlap", () => {
  assert.equal(overlap([0, 4, 10, 12], [4, 10]), false);
  assert.equal(overlap([0, 4, 10, 12], [4, 11]), true);
  assert.equal(overlap([], [0, 1]), false);
});

/** Uses a slot in full before the next is used. */
function useSlots(slots: readonly number[]): FunctionBuilder {
  const b = new FunctionBuilder("f", "main", []);
  for (const [index, bytes] of slots.entries()) {
    const slot = b.slot(bytes, `s${index}`);
    b.zero(slot, 0, 8);
    b.call(6, [slot, b.constant(8)]);
  }
  b.return(b.constant(0));
  return b;
}

test("slots that are not used at the same time share their place", () => {
  const { instructions } = compileModule({ main: useSlots([400, 400, 400]).finish(), functions: [] });
  const places = instructions.filter(({ opcode }) => opcode === 0x07).map(({ imm }) => imm);
  assert.deepEqual(places, [-400, -400, -400]);
});

test("slots that are used in one loop do not", () => {
  const b = new FunctionBuilder("f", "main", []);
  const slots = [b.slot(8, "a"), b.slot(8, "b")];
  const head = b.block("head");
  const done = b.block("done");
  b.jump(head);
  b.enter(head);
  for (const slot of slots) b.call(6, [slot, b.constant(8)]);
  b.branch({ kind: "ne", a: b.call(7, []), b: b.constant(0) }, head, done);
  b.enter(done);
  b.return(b.constant(0));
  const { instructions } = compileModule({ main: b.finish(), functions: [] });
  const places = instructions.filter(({ opcode }) => opcode === 0x07).map(({ imm }) => imm);
  assert.deepEqual(places, [-8, -16]);
});

test("a frame that is too large is refused by its largest slots", () => {
  const b = new FunctionBuilder("main", "main", []);
  const slots = [300, 200, 100].map((bytes, index) => b.slot(bytes, `s${index}`));
  for (const slot of slots) b.store(slot, 0, 8, b.constant(0));
  for (const slot of slots) b.call(6, [slot, b.constant(8)]);
  b.return(b.constant(0));
  assert.throws(
    () => compileModule({ main: b.finish(), functions: [] }),
    (error) =>
      error instanceof CompileError &&
      /main needs 608 bytes of stack, BPF has 512; .*s0 300, s1 200, s2 100/.test(error.message),
  );
});

test("more values than registers live in the frame, each stored once", () => {
  const b = new FunctionBuilder("f", "main", []);
  const values: Inst[] = [];
  for (let index = 0; index < 30; index++) values.push(b.call(5, []));
  let sum = b.constant(0);
  for (const value of values) sum = b.binary("add", b.binary("mul", sum, b.constant(3)), value);
  b.return(sum);
  const { instructions } = compileModule({ main: b.finish(), functions: [] });
  const stores = instructions.filter(({ opcode, dst }) => opcode === 0x7b && dst === 10);
  assert.equal(new Set(stores.map(({ offset }) => offset)).size, stores.length);
  // Four stay in R6 to R9, and the last one in R0.
  assert.equal(stores.length, 25);
  const text = disassemble(instructions);
  assert.equal(text.includes("r10 - 208"), false, text);
});

test("a pointer that was tested is used from the register that was tested, or from one that was copied before", () => {
  const b = new FunctionBuilder("f", "main", []);
  const key = b.slot(8, "key");
  b.store(key, 0, 8, b.constant(1));
  const pointers = Array.from({ length: 6 }, (_, index) => b.call(1, [b.map(`m${index}`), key]));
  let depth = 0;
  const nest = (): void => {
    const pointer = pointers[depth++];
    if (pointer === undefined) return;
    b.ifNonNull(pointer, "mapValue", (value) => {
      nest();
      b.store(value, 0, 8, b.constant(1));
    });
  };
  nest();
  b.return(b.constant(0));
  const { instructions } = compileModule({ main: b.finish(), functions: [] });
  // The verifier's rule, on this straight line of tests: what is stored through holds a pointer that was tested.
  const origin = new Map<string, number>();
  const tested = new Set<number>();
  let calls = 0;
  for (const { opcode, dst, src, offset } of instructions) {
    if (opcode === 0x85) origin.set("r0", ++calls);
    else if (opcode === 0xbf) origin.set(`r${dst}`, origin.get(`r${src}`) ?? 0);
    else if (opcode === 0x7b && dst === 10) origin.set(`s${offset}`, origin.get(`r${src}`) ?? 0);
    else if (opcode === 0x79 && src === 10) origin.set(`r${dst}`, origin.get(`s${offset}`) ?? 0);
    else if (opcode === 0x15) tested.add(origin.get(`r${dst}`)!);
    else if (opcode === 0x7a && dst !== 10) assert.equal(tested.has(origin.get(`r${dst}`)!), true);
  }
  assert.equal(tested.size, 6);
});

test("an endless empty loop is left as it is", () => {
  const b = new FunctionBuilder("f", "subprogram", []);
  const loop = b.block("loop");
  b.jump(loop);
  b.enter(loop);
  b.jump(loop);
  const { instructions } = compileModule({ main: b.finish(), functions: [] });
  assert.throws(() => interpret(instructions, []), /does not end/);
});

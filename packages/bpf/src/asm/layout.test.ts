import assert from "node:assert/strict";
import { test } from "node:test";
import { callSubprogram, exit, jump, jumpIfImm, loadFunction, loadImm64, mov64Imm, withLabel } from "./build.ts";
import { AsmError } from "./errors.ts";
import { instructionAt, layout } from "./layout.ts";

test("distances count slots from the next instruction, wide ones two", () => {
  const { instructions, slots, size, labels } = layout([
    withLabel(jumpIfImm("JEQ", 64, 1, 0, "end"), "main"),
    loadImm64(2, 1n),
    loadFunction(3, "sub"),
    callSubprogram("sub"),
    jump("main"),
    withLabel(exit(), "end"),
    withLabel(mov64Imm(0, 0), "sub"),
    exit(),
  ]);
  assert.deepEqual([...slots], [0, 1, 3, 5, 6, 7, 8, 9]);
  assert.equal(size, 10);
  assert.deepEqual(
    [...labels],
    [
      ["main", 0],
      ["end", 7],
      ["sub", 8],
    ],
  );
  assert.equal(instructions[0]?.offset, 6);
  assert.equal(instructions[2]?.imm, 4n);
  assert.equal(instructions[3]?.imm, 2);
  assert.equal(instructions[4]?.offset, -7);
});

test("laying out twice changes nothing", () => {
  const once = layout([withLabel(jump("here"), "here"), callSubprogram("here")]);
  assert.deepEqual(layout(once.instructions), once);
});

test("a slot number of a verifier message leads to its instruction", () => {
  const program = layout([loadImm64(1, 1n), mov64Imm(0, 7), exit()]);
  assert.equal(instructionAt(program, 0), program.instructions[0]);
  assert.equal(instructionAt(program, 1), program.instructions[0]);
  assert.equal(instructionAt(program, 2), program.instructions[1]);
  assert.equal(instructionAt(program, 4), undefined);
});

test("labels that are missing, doubled or out of reach are refused", () => {
  const far = Array.from({ length: 40_000 }, () => mov64Imm(0, 0));
  assert.throws(
    () => layout([jump("nowhere")]),
    (error) => error instanceof AsmError && /jump in slot 0: there is no label "nowhere"/.test(error.message),
  );
  assert.throws(
    () => layout([withLabel(exit(), "a"), withLabel(exit(), "a")]),
    /label "a" is defined twice, in slots 0 and 1/,
  );
  assert.throws(
    () => layout([jump("end"), ...far, withLabel(exit(), "end")]),
    /jump in slot 0 to "end": 40000 slots is beyond the 16-bit offset/,
  );
});

test("gotol has its distance in the immediate", () => {
  const { instructions } = layout([
    { ...jump("end"), opcode: 0x06 },
    ...Array.from({ length: 40_000 }, () => mov64Imm(0, 0)),
    withLabel(exit(), "end"),
  ]);
  assert.deepEqual([instructions[0]!.offset, instructions[0]!.imm], [0, 40_000]);
});

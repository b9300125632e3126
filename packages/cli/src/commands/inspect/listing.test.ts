import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callSubprogram,
  encode,
  exit,
  layout,
  loadMap,
  mov64,
  mov64Imm,
  withLabel,
  type Instruction,
} from "@sonde/bpf/asm";
import { BtfBuilder, BtfReader } from "@sonde/bpf/btf";
import type { ProgramCode } from "@sonde/kernel/objects";
import { excerpt, lineTotals, listing, type ListingNames } from "./listing.ts";

const names: ListingNames = {
  map: (id) => (id === 9 ? "start" : undefined),
  helper: (distance) => (distance === 4096 ? "bpf_get_prandom_u32" : undefined),
  kernelFunction: (typeId) => (typeId === 33 ? "bpf_rcu_read_lock" : undefined),
};

function code(instructions: readonly Instruction[], changes: Partial<ProgramCode> = {}): ProgramCode {
  return {
    translated: encode(layout(instructions), { map: () => 9 }),
    functions: [],
    lines: [],
    jited: [],
    jitedLines: [],
    ...changes,
  };
}

function texts(program: ProgramCode): readonly string[] {
  return listing(program, undefined, names).map(({ text }) => text);
}

const raw = (opcode: number, fields: Partial<Instruction>): Instruction => ({
  opcode,
  dst: 0,
  src: 0,
  offset: 0,
  imm: 0,
  ...fields,
});

test("numbers of loaded instructions become names", () => {
  assert.deepEqual(
    texts(
      code([
        loadMap(1, "any"),
        raw(0x85, { imm: 4096 }),
        raw(0x85, { src: 2, imm: 33 }),
        raw(0x85, { imm: 8 }),
        exit(),
      ]),
    ),
    ["r1 = map[id:9 start]", "call bpf_get_prandom_u32", "call bpf_rcu_read_lock", "call unknown#8", "exit"],
  );
});

test("moves that the verifier puts in are not taken for sign extensions", () => {
  assert.deepEqual(
    texts(code([raw(0xbf, { dst: 3, src: 3, offset: -1 }), raw(0xbf, { dst: 1, src: 2, offset: 1, imm: 1 })])),
    ["r3 = &(void __percpu *)(r3)", "r1 = addr_space_cast(r2, 0, 1)"],
  );
});

/** main calls sub; both have their BTF names. */
function withFunctions(jited: boolean): ReturnType<typeof listing> {
  const builder = new BtfBuilder();
  const prototype = builder.funcProto(builder.int("int", 4, "signed"), []);
  const [main, sub] = ["main", "sub"].map((name) => builder.func(name, prototype, "static")) as [number, number];
  const instructions = [
    withLabel(mov64(6, 1), "main"),
    callSubprogram("sub"),
    exit(),
    withLabel(mov64Imm(0, 0), "sub"),
    exit(),
  ];
  const encoded = encode(layout(instructions), { map: () => 0 });
  // Once compiled to machine code the kernel keeps the distance in the offset, and the function's number beside it.
  const view = new DataView(encoded.buffer, encoded.byteOffset);
  if (jited) {
    view.setInt16(8 + 2, view.getInt32(8 + 4, true), true);
    view.setInt32(8 + 4, 1, true);
  }
  const functions = [
    { slot: 0, typeId: main },
    { slot: 3, typeId: sub },
  ];
  return listing(
    { translated: encoded, functions, lines: [], jited: jited ? [{ address: 1n, bytes: 9 }] : [], jitedLines: [] },
    new BtfReader(builder.encode()),
    names,
  );
}

for (const jited of [true, false]) {
  test(`calls of the program's own functions have their names, ${jited ? "compiled" : "interpreted"}`, () => {
    const listed = withFunctions(jited);
    assert.equal(listed[1]?.text, "call sub");
    assert.deepEqual(
      listed.map((each) => each.function),
      ["main", undefined, undefined, "sub", undefined],
    );
  });
}

test("lines are counted together, those of a long line apart", () => {
  const source = { file: "a.c", line: 3, column: 1, text: "  x = 1;", instructions: 2, jitedBytes: 8 };
  const long = { file: "-e", line: 1, text: `${"a".repeat(60)} ${"b".repeat(60)}`, instructions: 1, jitedBytes: 5 };
  const at = [source, { ...source, column: 9 }, { ...long, column: 1 }, { ...long, column: 62 }];
  const totals = lineTotals(at.map((each, slot) => ({ slot, text: "", source: each })));
  assert.deepEqual(
    totals.map(({ jitedBytes, instructions }) => [jitedBytes, instructions]),
    [
      [16, 4],
      [5, 1],
      [5, 1],
    ],
  );
  assert.equal(excerpt(source), "x = 1;");
  assert.equal(excerpt({ ...long, column: 62 }), `…${"b".repeat(60)}`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callHelper,
  callSubprogram,
  exit,
  jumpIfImm,
  load,
  loadFunction,
  loadMap,
  loadMapValue,
  mov64Imm,
  withCore,
  withLabel,
} from "./build.ts";
import { decode } from "./decode.ts";
import { disassemble, disassembleInstruction } from "./disassemble.ts";
import { encode } from "./encode.ts";
import { CoreKind } from "./instruction.ts";
import { layout } from "./layout.ts";

/** Bytes and text as LLVM 16 has them: assembled by llvm-mc, or for the last eight shown by llvm-objdump. */
const LLVM: readonly (readonly [bytes: string, text: string])[] = [
  ["bf21000000000000", "r1 = r2"],
  ["bc21000000000000", "w1 = w2"],
  ["b7010000f9ffffff", "r1 = -7"],
  ["b403000007000000", "w3 = 7"],
  ["0f21000000000000", "r1 += r2"],
  ["1401000005000000", "w1 -= 5"],
  ["2702000003000000", "r2 *= 3"],
  ["3f32000000000000", "r2 /= r3"],
  ["4f32000000000000", "r2 |= r3"],
  ["57020000ff000000", "r2 &= 255"],
  ["6402000003000000", "w2 <<= 3"],
  ["7702000003000000", "r2 >>= 3"],
  ["970200000a000000", "r2 %= 10"],
  ["af42000000000000", "r2 ^= r4"],
  ["c70200003f000000", "r2 s>>= 63"],
  ["c40200001f000000", "w2 s>>= 31"],
  ["8701000000000000", "r1 = -r1"],
  ["8401000000000000", "w1 = -w1"],
  ["dc01000010000000", "r1 = be16 r1"],
  ["dc01000020000000", "r1 = be32 r1"],
  ["dc01000040000000", "r1 = be64 r1"],
  ["d401000040000000", "r1 = le64 r1"],
  ["7110040000000000", "r0 = *(u8 *)(r1 + 4)"],
  ["6910040000000000", "r0 = *(u16 *)(r1 + 4)"],
  ["6110000000000000", "r0 = *(u32 *)(r1 + 0)"],
  ["79a0f8ff00000000", "r0 = *(u64 *)(r10 - 8)"],
  ["733affff00000000", "*(u8 *)(r10 - 1) = r3"],
  ["6b3afeff00000000", "*(u16 *)(r10 - 2) = r3"],
  ["633afcff00000000", "*(u32 *)(r10 - 4) = r3"],
  ["7b3af8ff00000000", "*(u64 *)(r10 - 8) = r3"],
  ["db21000000000000", "lock *(u64 *)(r1 + 0) += r2"],
  ["c321040000000000", "lock *(u32 *)(r1 + 4) += w2"],
  ["db21000040000000", "lock *(u64 *)(r1 + 0) |= r2"],
  ["db21000050000000", "lock *(u64 *)(r1 + 0) &= r2"],
  ["db210000a0000000", "lock *(u64 *)(r1 + 0) ^= r2"],
  ["0500030000000000", "goto +3"],
  ["0500fcff00000000", "goto -4"],
  ["1d21010000000000", "if r1 == r2 goto +1"],
  ["5501010000000000", "if r1 != 0 goto +1"],
  ["2501020005000000", "if r1 > 5 goto +2"],
  ["3d21020000000000", "if r1 >= r2 goto +2"],
  ["a501020005000000", "if r1 < 5 goto +2"],
  ["bd21020000000000", "if r1 <= r2 goto +2"],
  ["6501fefffbffffff", "if r1 s> -5 goto -2"],
  ["7d21020000000000", "if r1 s>= r2 goto +2"],
  ["c5010200fbffffff", "if r1 s< -5 goto +2"],
  ["de21020000000000", "if w1 s<= w2 goto +2"],
  ["1601020007000000", "if w1 == 7 goto +2"],
  ["9500000000000000", "exit"],
  ["18010000f0debc9a0000000078563412", "r1 = 1311768467463790320 ll"],
  ["18010000feffffff00000000ffffffff", "r1 = -2 ll"],
  ["3000000005000000", "r0 = *(u8 *)skb[5]"],
  ["4830000000000000", "r0 = *(u16 *)skb[r3]"],
  ["db21000001000000", "r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)"],
  ["c321080041000000", "w2 = atomic_fetch_or((u32 *)(r1 + 8), w2)"],
  ["db21f8ff51000000", "r2 = atomic_fetch_and((u64 *)(r1 - 8), r2)"],
  ["db210000a1000000", "r2 = atomic_fetch_xor((u64 *)(r1 + 0), r2)"],
  ["db210000e1000000", "r2 = xchg_64(r1 + 0, r2)"],
  ["c3210000e1000000", "w2 = xchg32_32(r1 + 0, w2)"],
  ["db210000f1000000", "r0 = cmpxchg_64(r1 + 0, r0, r2)"],
  ["c3210000f1000000", "w0 = cmpxchg32_32(r1 + 0, w0, w2)"],
];

const NO_MAPS = {
  map: (name: string): number => {
    throw new Error(name);
  },
};

test("bytes that LLVM assembled are shown as the text it assembled, and encode to themselves", () => {
  for (const [bytes, text] of LLVM) {
    const [instruction] = decode(Buffer.from(bytes, "hex"));
    assert.equal(disassembleInstruction(instruction!), text);
    assert.equal(Buffer.from(encode(layout([instruction!]), NO_MAPS)).toString("hex"), bytes);
  }
});

test("a program is shown with its labels, maps, helpers and CO-RE fields", () => {
  const program = [
    withLabel(loadMap(1, "counts"), "main"),
    loadMapValue(2, ".bss", 8),
    loadFunction(3, "each"),
    callHelper(1),
    jumpIfImm("JEQ", 64, 0, 0, "out"),
    withCore(load(4, 1, 0, 4), { kind: CoreKind.FieldByteOffset, typeId: 7, access: "0:2" }),
    callSubprogram("each"),
    callHelper(9999),
    withLabel(exit(), "out"),
    withLabel(mov64Imm(0, 0), "each"),
    exit(),
  ];
  assert.equal(
    disassemble(program),
    `main:
   0: r1 = map[counts] ll
   2: r2 = map[.bss][0]+8 ll
   4: r3 = func[each] ll
   6: call bpf_map_lookup_elem
   7: if r0 == 0 goto out
   8: r1 = *(u32 *)(r0 + 4)  ; core FieldByteOffset [7] 0:2
   9: call each
  10: call unknown#9999
out:
  11: exit
each:
  12: r0 = 0
  13: exit
`,
  );
});

test("what is no instruction is shown by its fields", () => {
  const [instruction] = decode(Buffer.from("ff12030004000000", "hex"));
  assert.equal(disassembleInstruction(instruction!), "(ff) dst=2 src=1 off=3 imm=4");
});

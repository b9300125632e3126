import assert from "node:assert/strict";
import { test } from "node:test";
import { testVm } from "./testing.ts";
import { words } from "./vm.ts";

/** One instruction on R0 and R2, and what R0 is then: worked out by hand from the instruction set's document. */
const ARITHMETIC: readonly (readonly [text: string, r0: bigint, r2: bigint, result: bigint])[] = [
  ["r0 += r2", 0xffff_ffff_ffff_ffffn, 2n, 1n],
  ["w0 += w2", 0xaaaa_aaaa_ffff_ffffn, 2n, 1n],
  ["r0 -= r2", 1n, 2n, 0xffff_ffff_ffff_ffffn],
  ["w0 -= 2", 1n, 0n, 0xffff_ffffn],
  ["r0 *= r2", 0x1_0000_0001n, 0x1_0000_0001n, 0x2_0000_0001n],
  ["w0 *= w2", 0xffff_ffffn, 0xffff_ffffn, 1n],
  ["r0 *= -1", 5n, 0n, 0xffff_ffff_ffff_fffbn],
  ["r0 /= r2", 0xffff_ffff_ffff_fffen, 2n, 0x7fff_ffff_ffff_ffffn],
  ["r0 /= r2", 7n, 0n, 0n],
  ["w0 /= w2", 0xdead_beef_0000_0007n, 0x1_0000_0000n, 0n],
  ["w0 /= -1", 0xffff_ffffn, 0n, 1n],
  ["r0 s/= r2", -7n, 2n, -3n],
  ["r0 s/= -1", 0x8000_0000_0000_0000n, 0n, 0x8000_0000_0000_0000n],
  ["w0 s/= -1", 0x8000_0000n, 0n, 0x8000_0000n],
  ["w0 s/= w2", -7n, 2n, 0xffff_fffdn],
  ["r0 s/= r2", 7n, 0n, 0n],
  ["r0 %= r2", 7n, 4n, 3n],
  ["r0 %= r2", 7n, 0n, 7n],
  ["w0 %= w2", 0xdead_beef_0000_0007n, 0n, 7n],
  ["r0 s%= r2", -7n, 4n, -3n],
  ["r0 s%= -1", 0x8000_0000_0000_0000n, 0n, 0n],
  ["w0 s%= w2", -7n, 4n, 0xffff_fffdn],
  ["r0 |= -16", 3n, 0n, -13n],
  ["r0 &= 0x80000000", 0xffff_ffff_ffff_ffffn, 0n, 0xffff_ffff_8000_0000n],
  ["w0 &= -1", 0xffff_ffff_ffff_ffffn, 0n, 0xffff_ffffn],
  ["r0 ^= r2", 0xf0f0n, 0xffffn, 0x0f0fn],
  ["r0 <<= 63", 3n, 0n, 0x8000_0000_0000_0000n],
  ["r0 <<= r2", 1n, 65n, 2n],
  ["w0 <<= w2", 1n, 33n, 2n],
  ["r0 >>= 1", -1n, 0n, 0x7fff_ffff_ffff_ffffn],
  ["w0 >>= 1", -1n, 0n, 0x7fff_ffffn],
  ["r0 s>>= 63", 0x8000_0000_0000_0000n, 0n, -1n],
  ["w0 s>>= 31", 0x8000_0000n, 0n, 0xffff_ffffn],
  ["r0 = -r0", 1n, 0n, -1n],
  ["w0 = -w0", 1n, 0n, 0xffff_ffffn],
  ["r0 = -1", 0n, 0n, 0xffff_ffff_ffff_ffffn],
  ["w0 = -1", 0n, 0n, 0xffff_ffffn],
  ["w0 = w2", 0n, 0xffff_ffff_0000_0001n, 1n],
  ["r0 = (s8)r2", 0n, 0x80n, -128n],
  ["r0 = (s32)r2", 0n, 0x8000_0000n, -0x8000_0000n],
  ["w0 = (s16)w2", 0n, 0x8000n, 0xffff_8000n],
  ["r0 = be16 r0", 0x1122_3344_5566_7788n, 0n, 0x8877n],
  ["r0 = be32 r0", 0x1122_3344_5566_7788n, 0n, 0x8877_6655n],
  ["r0 = be64 r0", 0x1122_3344_5566_7788n, 0n, 0x8877_6655_4433_2211n],
  ["r0 = le32 r0", 0x1122_3344_5566_7788n, 0n, 0x5566_7788n],
  ["r0 = bswap16 r0", 0x1122_3344_5566_7788n, 0n, 0x8877n],
  ["r0 = 0x123456789abcdef0 ll", 0n, 0n, 0x1234_5678_9abc_def0n],
];

test("arithmetic", () => {
  for (const [text, r0, r2, result] of ARITHMETIC) {
    const vm = testVm(`r0 = *(u64 *)(r1 + 0)\nr2 = *(u64 *)(r1 + 8)\n${text}\nexit`);
    assert.equal(vm.run("main", words(r0, r2)).result, BigInt.asUintN(64, result), `${text} of ${r0} and ${r2}`);
  }
});

const JUMPS: readonly (readonly [condition: string, r0: bigint, r2: bigint, taken: boolean])[] = [
  ["r0 == r2", 1n, 1n, true],
  ["w0 == w2", 0x1_0000_0001n, 1n, true],
  ["r0 == r2", 0x1_0000_0001n, 1n, false],
  ["r0 != -1", -1n, 0n, false],
  ["r0 > r2", -1n, 1n, true],
  ["r0 s> r2", -1n, 1n, false],
  ["w0 s> w2", 0x7fff_ffffn, 0xffff_ffffn, true],
  ["r0 >= -1", -1n, 0n, true],
  ["r0 < 0x80000000", 0xffff_ffff_0000_0000n, 0n, true],
  ["r0 s<= -5", -5n, 0n, true],
  ["w0 s< 0", 0x8000_0000n, 0n, true],
  ["r0 s< 0", 0x8000_0000n, 0n, false],
  ["r0 <= r2", 2n, 1n, false],
  ["w0 s>= w2", 0xffff_ffffn, 0n, false],
  ["r0 & 6", 1n, 0n, false],
  ["r0 & 6", 4n, 0n, true],
  ["r0 & 0x80000000", 0xffff_ffff_0000_0000n, 0n, true],
  ["w0 & 0x80000000", 0xffff_ffff_0000_0000n, 0n, false],
];

test("conditional jumps", () => {
  for (const [condition, r0, r2, taken] of JUMPS) {
    const vm = testVm(`
      r0 = *(u64 *)(r1 + 0)
      r2 = *(u64 *)(r1 + 8)
      if ${condition} goto yes
      r0 = 0
      exit
      yes: r0 = 1
      exit`);
    assert.equal(vm.run("main", words(r0, r2)).result === 1n, taken, `${condition} of ${r0} and ${r2}`);
  }
});

/** One instruction on the word 0x8877_6655_4433_2211 at R1, with R0 and R2; then R0, R2 and the word. */
const MEMORY: readonly (readonly [text: string, r0: bigint, r2: bigint, after: readonly [bigint, bigint, bigint]])[] = [
  ["r0 = *(u8 *)(r1 + 7)", 0n, 0n, [0x88n, 0n, 0x8877_6655_4433_2211n]],
  ["r0 = *(s8 *)(r1 + 7)", 0n, 0n, [0xffff_ffff_ffff_ff88n, 0n, 0x8877_6655_4433_2211n]],
  ["r0 = *(u16 *)(r1 + 3)", 0n, 0n, [0x5544n, 0n, 0x8877_6655_4433_2211n]],
  ["r0 = *(u32 *)(r1 + 4)", -1n, 0n, [0x8877_6655n, 0n, 0x8877_6655_4433_2211n]],
  ["r0 = *(s32 *)(r1 + 4)", 0n, 0n, [0xffff_ffff_8877_6655n, 0n, 0x8877_6655_4433_2211n]],
  ["*(u8 *)(r1 + 1) = r2", 0n, 0x1ffn, [0n, 0x1ffn, 0x8877_6655_4433_ff11n]],
  ["*(u16 *)(r1 + 6) = -2", 0n, 0n, [0n, 0n, 0xfffe_6655_4433_2211n]],
  ["*(u64 *)(r1 + 0) = -2", 0n, 0n, [0n, 0n, 0xffff_ffff_ffff_fffen]],
  ["*(u32 *)(r1 + 0) = r2", 0n, -1n, [0n, -1n, 0x8877_6655_ffff_ffffn]],
  ["lock *(u64 *)(r1 + 0) += r2", 0n, 1n, [0n, 1n, 0x8877_6655_4433_2212n]],
  ["lock *(u32 *)(r1 + 4) ^= w2", 0n, -1n, [0n, -1n, 0x7788_99aa_4433_2211n]],
  ["w2 = atomic_fetch_add((u32 *)(r1 + 4), w2)", 0n, 0x7788_99abn, [0n, 0x8877_6655n, 0x4433_2211n]],
  ["r2 = atomic_fetch_and((u64 *)(r1 + 0), r2)", 0n, 0xffn, [0n, 0x8877_6655_4433_2211n, 0x11n]],
  ["w2 = xchg32_32(r1 + 0, w2)", 0n, -1n, [0n, 0x4433_2211n, 0x8877_6655_ffff_ffffn]],
  ["r0 = cmpxchg_64(r1 + 0, r0, r2)", 1n, 5n, [0x8877_6655_4433_2211n, 5n, 0x8877_6655_4433_2211n]],
  ["r0 = cmpxchg_64(r1 + 0, r0, r2)", 0x8877_6655_4433_2211n, 5n, [0x8877_6655_4433_2211n, 5n, 5n]],
  ["w0 = cmpxchg32_32(r1 + 0, w0, w2)", 0xffff_ffff_4433_2211n, 5n, [0x4433_2211n, 5n, 0x8877_6655_0000_0005n]],
  ["r0 = load_acquire((u16 *)(r1 + 2))", 0n, 0n, [0x4433n, 0n, 0x8877_6655_4433_2211n]],
  ["store_release((u32 *)(r1 + 4), r2)", 0n, 1n, [0n, 1n, 0x1_4433_2211n]],
];

test("loads, stores and atomics", () => {
  for (const [text, r0, r2, after] of MEMORY) {
    const vm = testVm(`
      r0 = *(u64 *)(r1 + 8)
      r2 = *(u64 *)(r1 + 16)
      ${text}
      *(u64 *)(r1 + 8) = r0
      *(u64 *)(r1 + 16) = r2
      exit`);
    const { context } = vm.run("main", words(0x8877_6655_4433_2211n, r0, r2));
    const [word, ...registers] = new BigUint64Array(context.buffer);
    assert.deepEqual(
      [...registers, word],
      after.map((value) => BigInt.asUintN(64, value)),
      text,
    );
  }
});

test("long jumps and may_goto", () => {
  const vm = testVm(`
    r0 = 1
    may_goto over
    r0 = 2
    gotol over
    r0 = 3
    over: exit`);
  assert.equal(vm.run("main").result, 2n);
});

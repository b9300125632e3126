/**
 * How one frame is left for the one that called it, in 64 bits that the program in the kernel takes apart:
 *
 *     bits 0-7    what the canonical frame address (CFA) is: {@link Rule}
 *     bits 8-15   where the caller's rbp is: {@link SavedBp}
 *     bits 16-31  signed: bytes from there; of a PLT the threshold in its 16 bytes
 *     bits 32-63  signed: bytes that the CFA's rule adds
 *
 * The CFA is the stack pointer as it was before the call, so that on x86-64 the return address lies at
 * CFA - 8. Of all registers only rsp, rbp and rip are followed: no compiler lets a rule depend on others,
 * but for the few instructions in which a function aligns its stack anew.
 */
export const Rule = {
  /** Nothing is said of this code: it is left by its frame pointer, if it has one. */
  none: 0,
  /** The first function of a thread: nobody called it. */
  end: 1,
  /** CFA = rsp + n */
  sp: 2,
  /** CFA = rbp + n */
  bp: 3,
  /** CFA = the word at rsp + n */
  spDeref: 4,
  /** CFA = the word at rbp + n: functions that align their stacks keep it there */
  bpDeref: 5,
  /** CFA = rsp + 8, and 8 more from the threshold on: entries of the procedure linkage table push a number halfway */
  plt: 6,
  /** rsp, rbp and rip are in the signal's ucontext at rsp, see {@link SIGNAL_CONTEXT} */
  signal: 7,
  /** Something is said that this form cannot hold. */
  unsupported: 8,
} as const;
export type Rule = (typeof Rule)[keyof typeof Rule];

export const SavedBp = {
  /** The caller's is still in the register. */
  same: 0,
  /** At CFA + n */
  cfa: 1,
  /** At rbp + n */
  bp: 2,
} as const;
export type SavedBp = (typeof SavedBp)[keyof typeof SavedBp];

/** Bytes of registers in the x86-64 ucontext that the kernel puts on a signal handler's stack. */
export const SIGNAL_CONTEXT = { bp: 120, sp: 160, ip: 168 } as const;

/** Instructions of the PLT that are counted from, all of its entries having 16 bytes. */
export const PLT_ENTRY = 16;

export function encodeRule(
  rule: Rule,
  offset: number = 0,
  saved: SavedBp = SavedBp.same,
  savedOffset: number = 0,
): bigint {
  const fits = offset === (offset | 0) && savedOffset === (savedOffset << 16) >> 16;
  if (!fits) return BigInt(Rule.unsupported);
  const low = rule | (saved << 8) | (savedOffset << 16);
  return (BigInt(offset >>> 0) << 32n) | BigInt(low >>> 0);
}

export interface DecodedRule {
  readonly rule: Rule;
  readonly offset: number;
  readonly saved: SavedBp;
  readonly savedOffset: number;
}

export function decodeRule(encoded: bigint): DecodedRule {
  const low = Number(BigInt.asUintN(32, encoded));
  return {
    rule: (low & 0xff) as Rule,
    saved: ((low >> 8) & 0xff) as SavedBp,
    savedOffset: low >> 16,
    offset: Number(BigInt.asIntN(32, encoded >> 32n)),
  };
}

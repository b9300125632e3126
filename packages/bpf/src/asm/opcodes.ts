/**
 * Opcode tables, by the kernel's names without their `BPF_` prefix (include/uapi/linux/bpf.h and
 * Documentation/bpf/standardization/instruction-set.rst).
 *
 * Arithmetic and jumps:          Loads and stores:
 *
 *     ┌───────────┬───┬───────┐     ┌──────┬──────┬───────┐
 *     │ operation │ s │ class │     │ mode │ size │ class │
 *     │  4 bits   │ 1 │ 3 bits│     │  3   │  2   │   3   │
 *     └───────────┴───┴───────┘     └──────┴──────┴───────┘
 */
export const Class = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, JMP32: 6, ALU64: 7 } as const;

/** The `s` bit: the second operand is an immediate or a register. */
export const Source = { K: 0x00, X: 0x08 } as const;

export const Mode = { IMM: 0x00, ABS: 0x20, IND: 0x40, MEM: 0x60, MEMSX: 0x80, ATOMIC: 0xc0 } as const;

/** Access sizes as they stand in the opcode; {@link sizeBits} makes them from bytes. */
export const Size = { W: 0x00, H: 0x08, B: 0x10, DW: 0x18 } as const;

export const AluOp = {
  ADD: 0x00,
  SUB: 0x10,
  MUL: 0x20,
  DIV: 0x30,
  OR: 0x40,
  AND: 0x50,
  LSH: 0x60,
  RSH: 0x70,
  NEG: 0x80,
  MOD: 0x90,
  XOR: 0xa0,
  MOV: 0xb0,
  ARSH: 0xc0,
  END: 0xd0,
} as const;
export type AluOp = keyof typeof AluOp;

export const JumpOp = {
  JA: 0x00,
  JEQ: 0x10,
  JGT: 0x20,
  JGE: 0x30,
  JSET: 0x40,
  JNE: 0x50,
  JSGT: 0x60,
  JSGE: 0x70,
  CALL: 0x80,
  EXIT: 0x90,
  JLT: 0xa0,
  JLE: 0xb0,
  JSLT: 0xc0,
  JSLE: 0xd0,
  JCOND: 0xe0,
} as const;
export type JumpOp = keyof typeof JumpOp;

/** The jumps that compare two operands. */
export type Comparison = Exclude<JumpOp, "JA" | "CALL" | "EXIT" | "JCOND">;

/** Operations of Mode.ATOMIC, held in the immediate. */
export const AtomicOp = {
  ADD: 0x00,
  OR: 0x40,
  AND: 0x50,
  XOR: 0xa0,
  FETCH_ADD: 0x01,
  FETCH_OR: 0x41,
  FETCH_AND: 0x51,
  FETCH_XOR: 0xa1,
  XCHG: 0xe1,
  CMPXCHG: 0xf1,
  LOAD_ACQ: 0x100,
  STORE_REL: 0x110,
} as const;
export type AtomicOp = keyof typeof AtomicOp;

/** What the source register of a 64-bit immediate load or a call says about the immediate. */
export const Pseudo = {
  /** lddw: a map's descriptor. */
  MAP_FD: 1,
  /** lddw: a map's descriptor, and in the upper half an offset into its value. */
  MAP_VALUE: 2,
  /** lddw: the BTF id of a kernel variable. */
  BTF_ID: 3,
  /** lddw: the distance to a subprogram, for callbacks. */
  FUNC: 4,
  /** call: the distance to a subprogram. */
  CALL: 1,
  /** call: the BTF id of a kernel function. */
  KFUNC_CALL: 2,
} as const;

/**
 * Offset of a 64-bit move between registers that takes a pointer from one address space to another: 1 is
 * the program's arena, 0 the kernel. The spaces are the halves of the immediate, the new one above; 6.9
 */
export const ADDR_SPACE_CAST = 1;

/** Bytes of one memory access. */
export type AccessSize = 1 | 2 | 4 | 8;

/** The opcode's size bits for an access of so many bytes. */
export function sizeBits(bytes: AccessSize): number {
  switch (bytes) {
    case 1:
      return Size.B;
    case 2:
      return Size.H;
    case 4:
      return Size.W;
    case 8:
      return Size.DW;
  }
}

/** Bytes of the access that a load's or store's opcode makes. */
export function accessSize(opcode: number): AccessSize {
  switch (opcode & 0x18) {
    case Size.B:
      return 1;
    case Size.H:
      return 2;
    case Size.W:
      return 4;
    default:
      return 8;
  }
}

/** `lddw`, the only instruction that takes two slots. */
export const LDDW: number = Class.LD | Mode.IMM | Size.DW;

export function classOf(opcode: number): number {
  return opcode & 0x07;
}

export function isLoadImm64(opcode: number): boolean {
  return opcode === LDDW;
}

export function isAddressSpaceCast({ opcode, offset }: { readonly opcode: number; readonly offset: number }): boolean {
  return opcode === (Class.ALU64 | Source.X | AluOp.MOV) && offset === ADDR_SPACE_CAST;
}

/** `gotol`, whose distance is in the immediate: kernel 6.6, ISA version 4. */
export function isLongJump(opcode: number): boolean {
  return opcode === (Class.JMP32 | JumpOp.JA);
}

/** Loads, stores and atomics: what has an address of register and offset. */
export function isMemoryAccess(opcode: number): boolean {
  const klass = classOf(opcode);
  return klass === Class.LDX || klass === Class.ST || klass === Class.STX;
}

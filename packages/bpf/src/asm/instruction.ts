/**
 * One BPF instruction, symbolic until it is encoded.
 *
 * On the wire an instruction is eight bytes:
 *
 *     ┌────────┬─────┬─────┬────────┬───────────────┐
 *     │ opcode │ dst │ src │ offset │ immediate     │
 *     │ 8 bits │  4  │  4  │   16   │ 32, signed    │
 *     └────────┴─────┴─────┴────────┴───────────────┘
 *
 * and a 64-bit immediate load (`lddw`) takes two of them; here it is one Instruction whose
 * `imm` holds all 64 bits. Whatever must be known later (a jump's distance, a map's descriptor,
 * a field's offset in the running kernel) is a {@link Reference} carried by the instruction
 * itself, so that passes may move instructions without mending tables beside them.
 */
export interface Instruction {
  /** The whole opcode byte: class, size or source bit, and operation. */
  readonly opcode: number;
  /** Destination register, 0 to 10. */
  readonly dst: number;
  /** Source register, 0 to 10; in calls and `lddw` a pseudo source that says what `imm` means. */
  readonly src: number;
  /** Signed 16-bit offset: of a memory access in bytes, of a jump in instruction slots. */
  readonly offset: number;
  /** Signed 32-bit immediate; for `lddw` all 64 bits as a bigint (unsigned). */
  readonly imm: number | bigint;
  /** Jumps and calls with this label land here. A subprogram starts with its name as label. */
  readonly label?: string;
  /** What `imm` or `offset` stands for until it is resolved. */
  readonly ref?: Reference;
  /** Where in the source this instruction comes from; becomes BTF line info. */
  readonly source?: SourcePosition;
}

export interface SourcePosition {
  /** File name as shown to a person, or "-e" for text from the command line. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The text of the whole line, without its end. */
  readonly text: string;
}

export type Reference =
  /** `offset` is the distance to the instruction with this label. */
  | { readonly kind: "jump"; readonly label: string }
  /** `imm` is the descriptor of this map (lddw, BPF_PSEUDO_MAP_FD). */
  | { readonly kind: "map"; readonly map: string }
  /** `imm` is the address of this byte of an array map's only value (lddw, BPF_PSEUDO_MAP_VALUE). */
  | { readonly kind: "mapValue"; readonly map: string; readonly offset: number }
  /** A bpf-to-bpf call of the subprogram that starts at this label (call, BPF_PSEUDO_CALL). */
  | { readonly kind: "call"; readonly label: string }
  /** `imm` is the address of the subprogram at this label (lddw, BPF_PSEUDO_FUNC), for callbacks. */
  | { readonly kind: "func"; readonly label: string }
  /**
   * A function or variable of the kernel, by an extern of the object: in a call `imm` is the
   * function's BTF id (BPF_PSEUDO_KFUNC_CALL); in lddw it is the address (plain for typeless externs
   * and for those that are missing, else by BPF_PSEUDO_BTF_ID).
   */
  | { readonly kind: "ksym"; readonly symbol: string }
  /** `imm` (ALU, lddw) or `offset` (load, store) comes from the running kernel's BTF. */
  | { readonly kind: "core"; readonly relocation: CoreRelocation };

/** CO-RE relocation kinds, numbered as in the kernel's `enum bpf_core_relo_kind`. */
export const CoreKind = {
  FieldByteOffset: 0,
  FieldByteSize: 1,
  FieldExists: 2,
  FieldSigned: 3,
  FieldLeftShift: 4,
  FieldRightShift: 5,
  LocalTypeId: 6,
  TargetTypeId: 7,
  TypeExists: 8,
  TypeSize: 9,
  EnumValueExists: 10,
  EnumValue: 11,
  TypeMatches: 12,
} as const;
export type CoreKind = (typeof CoreKind)[keyof typeof CoreKind];

/**
 * "What does the running kernel say about this field?" `typeId` is a type of the object's own
 * BTF and `access` a path of member indices in it, as clang writes it ("0:3:1": element 0 of the
 * pointed-to struct, its member 3, that member's member 1).
 */
export interface CoreRelocation {
  readonly kind: CoreKind;
  readonly typeId: number;
  readonly access: string;
}

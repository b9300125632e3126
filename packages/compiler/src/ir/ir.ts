/**
 * The intermediate form: functions of basic blocks in static single assignment.
 *
 * Every value is one 64-bit register's worth. What the verifier needs to know about it is in the
 * type: a scalar, or a pointer with its provenance. Instructions are plain objects linked by
 * reference; an operand *is* the instruction that made it.
 *
 * Constants, slots, maps, their values, CO-RE values and function addresses float: they stand in no
 * block's list, may be used anywhere, and are made again at each use by at most one instruction.
 */
import type { CoreRelocation, SourcePosition } from "@sonde/bpf/asm";

/** Where a pointer comes from, which decides how memory behind it may be read. */
export type Provenance =
  /** The program's context argument. */
  | "context"
  /** This frame's stack. */
  | "stack"
  /** A map itself, to be handed to helpers. */
  | "map"
  /** A value inside a map, known not to be null. */
  | "mapValue"
  /** What a look-up returns, before its null check. */
  | "mapValueOrNull"
  /** A reserved ring-buffer record. */
  | "record"
  | "recordOrNull"
  /** A kernel object that the verifier knows by BTF and lets programs load from directly. */
  | "trusted"
  /** One that may be absent, such as what an iterator's context points to at its end. */
  | "trustedOrNull"
  /** Into a packet, or at its end; what lies behind may be read once a comparison of the two has shown that it is there. */
  | "packet";

/** Kernel and user addresses that must be read through helpers are scalars here. */
export type ValueType = { readonly kind: "scalar" } | { readonly kind: "pointer"; readonly to: Provenance };

export type Width = 32 | 64;
/** Bytes of one memory access. */
export type AccessSize = 1 | 2 | 4 | 8;

export type BinaryOp =
  | "add"
  | "sub"
  | "mul"
  | "udiv"
  | "sdiv"
  | "umod"
  | "smod"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "lshr"
  | "ashr";
export type CompareOp = "eq" | "ne" | "ult" | "ule" | "ugt" | "uge" | "slt" | "sle" | "sgt" | "sge" | "test";

interface Base {
  /** Unique in the function, for printing. */
  readonly id: number;
  type: ValueType;
  /** The block it stands in; the entry for what floats. */
  block: Block;
  source: SourcePosition | undefined;
}

/** Unsigned 64-bit, wrapped. Not tied to a place: code generation folds it into its use where it fits. */
export interface Const extends Base {
  readonly op: "const";
  readonly value: bigint;
}
/** The program's context (r1 at entry). Only in the entry block of a main function. */
export interface Context extends Base {
  readonly op: "context";
}
/** Parameter `index` of a subprogram or callback. */
export interface Param extends Base {
  readonly op: "param";
  readonly index: number;
}
/** Division by zero gives 0, modulo zero leaves the dividend, as in BPF. 32-bit results are zero-extended. Signed division and modulo are expanded by a pass. */
export interface Binary extends Base {
  readonly op: "binary";
  readonly kind: BinaryOp;
  readonly width: Width;
  a: Inst;
  b: Inst;
}
/** Keep the low `bits` and extend them to 64. */
export interface Extend extends Base {
  readonly op: "extend";
  readonly bits: 8 | 16 | 32;
  readonly signed: boolean;
  a: Inst;
}
/** Reverse the low `bits` and zero-extend. */
export interface ByteSwap extends Base {
  readonly op: "byteSwap";
  readonly bits: 16 | 32 | 64;
  a: Inst;
}
/** 0 or 1. Where its only use is a branch, code generation fuses the two. */
export interface Compare extends Base {
  readonly op: "compare";
  readonly kind: CompareOp;
  readonly width: Width;
  a: Inst;
  b: Inst;
}
/**
 * Direct load. Zero-extended, or sign-extended if `signed`. `core` adds the field offset that the
 * running kernel's BTF says (then `offset` is what the compiler's Target said, for display).
 * `volatile`: may change between two loads, never merged or removed (values in maps are not volatile
 * unless said so: passes must treat calls and stores that may alias as barriers).
 */
export interface Load extends Base {
  readonly op: "load";
  readonly size: AccessSize;
  readonly signed: boolean;
  base: Inst;
  offset: number;
  readonly core: CoreRelocation | undefined;
  readonly volatile: boolean;
}
export interface Store extends Base {
  readonly op: "store";
  readonly size: AccessSize;
  base: Inst;
  offset: number;
  value: Inst;
}
/** Adds atomically, without the old value. Sizes 4 and 8. */
export interface AtomicAdd extends Base {
  readonly op: "atomicAdd";
  readonly size: 4 | 8;
  base: Inst;
  offset: number;
  value: Inst;
}
/** The address of `bytes` of stack, aligned to 8. Contents are undefined until written. */
export interface Slot extends Base {
  readonly op: "slot";
  readonly bytes: number;
  readonly name: string;
}
/** Fill `bytes` (a multiple of 8 unless at the end) with zeros, by the widest stores. */
export interface Zero extends Base {
  readonly op: "zero";
  base: Inst;
  offset: number;
  readonly bytes: number;
}
/** Copy `bytes` between two directly accessible places, by the widest accesses that both alignments (given in bytes) allow. */
export interface Copy extends Base {
  readonly op: "copy";
  to: Inst;
  toOffset: number;
  from: Inst;
  fromOffset: number;
  readonly bytes: number;
  readonly align: 1 | 2 | 4 | 8;
}
/** A map, as helpers take it. */
export interface MapHandle extends Base {
  readonly op: "mapHandle";
  readonly map: string;
}
/** The address of byte `offset` of an array map's value 0, without a look-up. */
export interface MapValue extends Base {
  readonly op: "mapValue";
  readonly map: string;
  readonly offset: number;
}
/** A field's offset (or size, or existence ...) by the running kernel's BTF; `fallback` is the Target's answer. */
export interface CoreValue extends Base {
  readonly op: "coreValue";
  readonly core: CoreRelocation;
  readonly fallback: number;
}
/** A helper call, by id. At most five arguments. Its effects are in codegen's helper table. */
export interface Call extends Base {
  readonly op: "call";
  readonly helper: number;
  args: Inst[];
}
/** A call of another function of the module. */
export interface CallFunction extends Base {
  readonly op: "callFunction";
  readonly callee: string;
  args: Inst[];
}
/** A call of a function of the kernel's by its name. It does as it likes with memory that it is handed, and changes no map. */
export interface CallKernel extends Base {
  readonly op: "callKernel";
  readonly callee: string;
  args: Inst[];
}
/** The address of another function of the module, for helpers that call back. */
export interface FunctionAddress extends Base {
  readonly op: "functionAddress";
  readonly callee: string;
}
/** One input for each predecessor of its block, in the order of `block.predecessors`. Phis stand first in their block. */
export interface Phi extends Base {
  readonly op: "phi";
  inputs: Inst[];
}
/**
 * The same value, after a branch has proved more about it: a pointer that is no longer null. Costs
 * nothing: it shares its operand's register, which the verifier has refined. It must stand in a block
 * that the proving branch dominates.
 */
export interface Refine extends Base {
  readonly op: "refine";
  a: Inst;
}

export type Inst =
  | Const
  | Context
  | Param
  | Binary
  | Extend
  | ByteSwap
  | Compare
  | Load
  | Store
  | AtomicAdd
  | Slot
  | Zero
  | Copy
  | MapHandle
  | MapValue
  | CoreValue
  | Call
  | CallFunction
  | CallKernel
  | FunctionAddress
  | Phi
  | Refine;

export type Terminator =
  | { readonly op: "jump"; target: Block; source: SourcePosition | undefined }
  /** Compares and branches in one. */
  | {
      readonly op: "branch";
      readonly kind: CompareOp;
      readonly width: Width;
      a: Inst;
      b: Inst;
      then: Block;
      otherwise: Block;
      source: SourcePosition | undefined;
      /** What the author expects: the unlikely side is laid out of the way. */
      readonly likely?: boolean;
    }
  | { readonly op: "return"; value: Inst; source: SourcePosition | undefined };

export interface Block {
  /** Unique in the function, for printing. */
  readonly id: number;
  readonly name: string;
  insts: Inst[];
  /** Undefined only while the block is being built. */
  terminator: Terminator | undefined;
  /** In the order that phi inputs follow. Kept by the builder and by passes that change edges. */
  predecessors: Block[];
}

export interface Func {
  readonly name: string;
  readonly kind: "main" | "subprogram" | "callback";
  readonly params: readonly ValueType[];
  readonly entry: Block;
  /** Entry first. Every block is reachable after the clean-up pass. */
  blocks: Block[];
  /** Next free id for values and blocks. */
  nextId: number;
}

/** Functions compiled together: one main and what it calls. */
export interface Module {
  readonly main: Func;
  readonly functions: Func[];
}

/** What can be asked of any value, whatever its operation: its type, its operands, whether it stands somewhere. */
import type { Block, Func, Inst, Phi, Provenance, Terminator, ValueType } from "./ir.ts";

export const SCALAR: ValueType = { kind: "scalar" };

export function pointerTo(to: Provenance): ValueType {
  return { kind: "pointer", to };
}

export function sameType(a: ValueType, b: ValueType): boolean {
  return a.kind === "scalar" ? b.kind === "scalar" : b.kind === "pointer" && a.to === b.to;
}

const NULLABLE: readonly Provenance[] = ["mapValueOrNull", "recordOrNull", "trustedOrNull"];

export function isNullable(type: ValueType): boolean {
  return type.kind === "pointer" && NULLABLE.includes(type.to);
}

/**
 * Floating values cost at most one instruction and depend on nothing: they stand in no block's list
 * and are made again wherever they are used.
 */
export function isFloating(inst: Inst): boolean {
  switch (inst.op) {
    case "const":
    case "slot":
    case "mapHandle":
    case "mapValue":
    case "coreValue":
    case "functionAddress":
      return true;
    default:
      return false;
  }
}

/** Whether an instruction makes a value that others can use. */
export function hasResult(inst: Inst): boolean {
  return inst.op !== "store" && inst.op !== "atomicAdd" && inst.op !== "zero" && inst.op !== "copy";
}

export function operandCount(inst: Inst): number {
  switch (inst.op) {
    case "binary":
    case "compare":
    case "store":
    case "atomicAdd":
    case "copy":
      return 2;
    case "extend":
    case "byteSwap":
    case "load":
    case "zero":
    case "refine":
      return 1;
    case "call":
    case "callFunction":
    case "callKernel":
      return inst.args.length;
    case "phi":
      return inst.inputs.length;
    default:
      return 0;
  }
}

/** Operand `index`, from 0 to {@link operandCount} exclusive; of a memory access the base comes first. */
export function operand(inst: Inst, index: number): Inst {
  switch (inst.op) {
    case "binary":
    case "compare":
      return index === 0 ? inst.a : inst.b;
    case "extend":
    case "byteSwap":
    case "refine":
      return inst.a;
    case "load":
    case "zero":
      return inst.base;
    case "store":
    case "atomicAdd":
      return index === 0 ? inst.base : inst.value;
    case "copy":
      return index === 0 ? inst.to : inst.from;
    case "call":
    case "callFunction":
    case "callKernel":
      return inst.args[index]!;
    case "phi":
      return inst.inputs[index]!;
    default:
      throw new Error(`${inst.op} has no operands`);
  }
}

export function setOperand(inst: Inst, index: number, value: Inst): void {
  switch (inst.op) {
    case "binary":
    case "compare":
      if (index === 0) inst.a = value;
      else inst.b = value;
      return;
    case "extend":
    case "byteSwap":
    case "refine":
      inst.a = value;
      return;
    case "load":
    case "zero":
      inst.base = value;
      return;
    case "store":
    case "atomicAdd":
      if (index === 0) inst.base = value;
      else inst.value = value;
      return;
    case "copy":
      if (index === 0) inst.to = value;
      else inst.from = value;
      return;
    case "call":
    case "callFunction":
    case "callKernel":
      inst.args[index] = value;
      return;
    case "phi":
      inst.inputs[index] = value;
      return;
    default:
      throw new Error(`${inst.op} has no operands`);
  }
}

export function successorCount(block: Block): number {
  const { terminator } = block;
  if (terminator === undefined || terminator.op === "return") return 0;
  return terminator.op === "jump" ? 1 : 2;
}

/** Successor 0 is where a jump goes or a branch that is taken. */
export function successor(block: Block, index: number): Block {
  const terminator = block.terminator as Exclude<Terminator, { op: "return" }>;
  if (terminator.op === "jump") return terminator.target;
  return index === 0 ? terminator.then : terminator.otherwise;
}

/** A 64-bit constant made outside the builder: by a pass. */
export function makeConst(func: Func, value: bigint): Inst {
  return {
    op: "const",
    id: func.nextId++,
    type: SCALAR,
    block: func.entry,
    source: undefined,
    value: BigInt.asUintN(64, value),
  };
}

/**
 * What a phi of these inputs is. The verifier follows every path, so a pointer that it knows by BTF is
 * one only if it comes from everywhere; of the others a constant (null) may take the place.
 */
export function joinedType(phi: Phi): ValueType {
  let type: ValueType | undefined;
  for (const input of phi.inputs) {
    if (input === phi) continue;
    if (input.type.kind === "pointer") {
      if (type === undefined || !isTrusted(input.type)) type = input.type;
    } else if (type === undefined || isTrusted(type)) type = SCALAR;
  }
  if (type === undefined || !isTrusted(type)) return type ?? SCALAR;
  return phi.inputs.every((input) => input === phi || isTrusted(input.type)) ? type : SCALAR;
}

function isTrusted(type: ValueType): boolean {
  return type.kind === "pointer" && type.to === "trusted";
}

/** How often each value is used, by id. */
export function countUses(func: Func): Int32Array {
  const uses = new Int32Array(func.nextId);
  for (const { insts, terminator } of func.blocks) {
    for (const inst of insts) {
      const count = operandCount(inst);
      for (let index = 0; index < count; index++) uses[operand(inst, index).id]!++;
    }
    if (terminator?.op === "branch") {
      uses[terminator.a.id]!++;
      uses[terminator.b.id]!++;
    } else if (terminator?.op === "return") uses[terminator.value.id]!++;
  }
  return uses;
}

/**
 * Puts into instructions what stands outside of the object: kernel symbols, by their BTF ids or
 * addresses, and calls that cannot be made in the place of what this kernel or this loading lacks.
 */
import { callHelper, isLoadImm64, Pseudo } from "@sonde/bpf/asm";
import type { Instruction } from "@sonde/bpf/asm";
import type { ResolvedSymbol, ResolvedSymbols } from "./symbols.ts";

/**
 * Numbers of helpers that do not exist. The verifier refuses a program that can reach such a call, and
 * removes the call where it cannot be reached. They are libbpf's.
 */
const MISSING_FUNCTION = 2_002_000_000;
const MISSING_MAP = 2_001_000_000;

export interface Linkage {
  readonly symbols: ResolvedSymbols;
  /** Maps of the object that are not created. */
  readonly absentMaps: ReadonlySet<string>;
}

export interface Linked {
  /** Every instruction in the slot it had. */
  readonly instructions: readonly Instruction[];
  /** Why an instruction cannot work, by its index in `instructions`. */
  readonly poisoned: ReadonlyMap<number, string>;
}

/** Throws TypeError for a symbol that is no extern of the object. */
export function linkReferences(instructions: readonly Instruction[], linkage: Linkage): Linked {
  if (!instructions.some(({ ref }) => concerns(ref, linkage))) return { instructions, poisoned: new Map() };
  const poisoned = new Map<number, string>();
  const linked: Instruction[] = [];
  for (const instruction of instructions) {
    const { ref } = instruction;
    if (ref?.kind === "ksym") {
      const resolved = linkage.symbols.byName.get(ref.symbol);
      if (resolved === undefined)
        throw new TypeError(`an instruction refers to '${ref.symbol}', which is no extern of the object`);
      const index = [...linkage.symbols.byName.keys()].indexOf(ref.symbol);
      if (resolved.kind === "missing" && !isLoadImm64(instruction.opcode)) {
        poisoned.set(linked.length, resolved.reason);
        linked.push(...poison(instruction, MISSING_FUNCTION + index));
      } else {
        linked.push(withSymbol(instruction, resolved));
      }
    } else if ((ref?.kind === "map" || ref?.kind === "mapValue") && linkage.absentMaps.has(ref.map)) {
      const index = [...linkage.absentMaps].indexOf(ref.map);
      poisoned.set(linked.length, `map '${ref.map}' is not created`);
      linked.push(...poison(instruction, MISSING_MAP + index));
    } else {
      linked.push(instruction);
    }
  }
  return { instructions: linked, poisoned };
}

function concerns(ref: Instruction["ref"], { absentMaps }: Linkage): boolean {
  return ref?.kind === "ksym" || ((ref?.kind === "map" || ref?.kind === "mapValue") && absentMaps.has(ref.map));
}

function withSymbol(instruction: Instruction, symbol: ResolvedSymbol): Instruction {
  const { ref: _, ...plain } = instruction;
  if (!isLoadImm64(instruction.opcode)) {
    if (symbol.kind !== "typed") throw new TypeError("only functions that the kernel's types have can be called");
    return { ...plain, src: Pseudo.KFUNC_CALL, imm: symbol.id, offset: symbol.moduleIndex };
  }
  switch (symbol.kind) {
    case "typed":
      return { ...plain, src: Pseudo.BTF_ID, imm: (BigInt(symbol.moduleFd) << 32n) | BigInt(symbol.id) };
    case "address":
      return { ...plain, src: 0, imm: symbol.address };
    case "missing":
      return { ...plain, src: 0, imm: 0n };
  }
}

/** As many calls as the instruction had slots. */
function poison({ opcode, label, source }: Instruction, helper: number): Instruction[] {
  const call: Instruction = { ...callHelper(helper), ...(source !== undefined && { source }) };
  const first = label === undefined ? call : { ...call, label };
  return isLoadImm64(opcode) ? [first, call] : [first];
}

/** What the instructions of a code section refer to: maps, variables, functions, kernel symbols. */
import { SLOT_BYTES } from "../../asm/encode.ts";
import type { Instruction } from "../../asm/instruction.ts";
import { Class, isLoadImm64, JumpOp, Pseudo } from "../../asm/opcodes.ts";
import { ElfError } from "../errors.ts";
import { SymbolType } from "../format.ts";
import type { ElfFile, ElfRelocation, ElfSection, ElfSymbol } from "./file.ts";
import { functionAt } from "./functions.ts";
import type { CodeSection, InstructionChange } from "./functions.ts";

/** What an object defines besides code, for relocations to refer to. */
export interface Definitions {
  /** The map defined at a byte of a section; undefined if the section defines no maps. Throws ElfError if nothing starts there. */
  mapAt(section: ElfSection, offset: number): string | undefined;
  /** The map that a section of global data becomes. */
  dataMap(section: ElfSection): { readonly name: string; readonly size: number } | undefined;
  extern(name: string): { readonly kind: "ksym" } | { readonly kind: "kconfig"; readonly offset: number } | undefined;
}

type Place = { readonly section: string; readonly offset: number };

const CALL = Class.JMP | JumpOp.CALL;

/** Puts a reference on every instruction of `code` that a relocation or a call within the section is for. */
export function relocate(
  file: ElfFile,
  code: CodeSection,
  codes: ReadonlyMap<ElfSection, CodeSection>,
  definitions: Definitions,
): void {
  for (const relocation of file.relocations(code.section)) {
    const place = { section: code.section.name, offset: relocation.offset };
    const instruction = code.slots[relocation.offset / SLOT_BYTES];
    if (instruction === undefined) throw new ElfError("a relocation is for no instruction", place);
    code.changes.set(relocation.offset / SLOT_BYTES, target(instruction, relocation, codes, definitions, place));
  }
  for (let slot = 0; slot < code.slots.length; slot++) {
    const instruction = code.slots[slot];
    if (instruction === undefined) continue;
    const { opcode, src, imm } = instruction;
    const call = opcode === CALL && src === Pseudo.CALL;
    const pointer = src === Pseudo.FUNC && isLoadImm64(opcode);
    if ((!call && !pointer) || code.changes.has(slot)) continue;
    const place = { section: code.section.name, offset: slot * SLOT_BYTES };
    const change = call ? callTo(code, slot + 1 + Number(imm), place) : pointerTo(code, slot + 1 + lowHalf(imm), place);
    code.changes.set(slot, change);
  }
}

function target(
  instruction: Instruction,
  { symbol }: ElfRelocation,
  codes: ReadonlyMap<ElfSection, CodeSection>,
  definitions: Definitions,
  place: Place,
): InstructionChange {
  const { opcode, imm } = instruction;
  const { section } = symbol;
  if (opcode === CALL) {
    if (section === undefined) return externCall(symbol, definitions, place);
    return callTo(codeOf(codes, section, symbol, place), symbol.value / SLOT_BYTES + Number(imm) + 1, place);
  }
  if (!isLoadImm64(opcode))
    throw new ElfError(
      `a relocation against ${describe(symbol)} is for an instruction that can't hold it (opcode 0x${opcode.toString(16)})`,
      place,
    );
  const offset = symbol.value + lowHalf(imm);
  if (section === undefined) return externAddress(symbol, lowHalf(imm), definitions, place);
  const data = definitions.dataMap(section);
  if (data !== undefined) {
    if (offset < 0 || offset > data.size)
      throw new ElfError(`refers to byte ${offset} of section '${section.name}', which has ${data.size}`, place);
    return mapValue(data.name, offset);
  }
  // A map's own symbol means the map whatever stands in the immediate; a section's symbol counts from its start.
  const map = definitions.mapAt(section, symbol.type === SymbolType.SECTION ? offset : symbol.value);
  if (map !== undefined) return { src: Pseudo.MAP_FD, imm: 0n, ref: { kind: "map", map } };
  return pointerTo(codeOf(codes, section, symbol, place), offset / SLOT_BYTES, place);
}

function callTo(code: CodeSection, slot: number, place: Place): InstructionChange {
  return { imm: -1, ref: { kind: "call", label: functionAt(code, slot, place).label } };
}

function pointerTo(code: CodeSection, slot: number, place: Place): InstructionChange {
  return { src: Pseudo.FUNC, imm: 0n, ref: { kind: "func", label: functionAt(code, slot, place).label } };
}

function mapValue(map: string, offset: number): InstructionChange {
  return { src: Pseudo.MAP_VALUE, imm: 0n, ref: { kind: "mapValue", map, offset } };
}

function externCall(symbol: ElfSymbol, definitions: Definitions, place: Place): InstructionChange {
  if (definitions.extern(symbol.name)?.kind !== "ksym") {
    throw new ElfError(
      `function '${symbol.name}' is called but not defined: link the objects (bpftool gen object), or declare it with __ksym and compile with -g if it is the kernel's`,
      place,
    );
  }
  return { src: Pseudo.KFUNC_CALL, imm: 0, ref: { kind: "ksym", symbol: symbol.name } };
}

function externAddress(symbol: ElfSymbol, addend: number, definitions: Definitions, place: Place): InstructionChange {
  const extern = definitions.extern(symbol.name);
  if (extern === undefined) {
    throw new ElfError(
      `'${symbol.name}' is used but not defined: link the objects (bpftool gen object), or declare it with __ksym or __kconfig and compile with -g if it is the kernel's`,
      place,
    );
  }
  if (extern.kind === "kconfig") return mapValue(".kconfig", extern.offset + addend);
  return { src: 0, imm: 0n, ref: { kind: "ksym", symbol: symbol.name } };
}

function codeOf(
  codes: ReadonlyMap<ElfSection, CodeSection>,
  section: ElfSection,
  symbol: ElfSymbol,
  place: Place,
): CodeSection {
  const code = codes.get(section);
  if (code === undefined)
    throw new ElfError(`refers to ${describe(symbol)}, which is neither code nor a map nor global data`, place);
  return code;
}

function describe({ name, section }: ElfSymbol): string {
  return name === "" ? `section '${section?.name ?? ""}'` : `'${name}' in section '${section?.name ?? ""}'`;
}

/** LLVM keeps addends in the lower half. */
function lowHalf(imm: number | bigint): number {
  return Number(BigInt.asIntN(32, BigInt(imm)));
}

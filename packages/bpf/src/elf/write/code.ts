/** Code sections: functions one after the other, with relocations for what they refer to. */
import { encode, SLOT_BYTES } from "../../asm/encode.ts";
import { CoreKind, type CoreRelocation, type Instruction, type Reference } from "../../asm/instruction.ts";
import { layout } from "../../asm/layout.ts";
import type { Layout } from "../../asm/layout.ts";
import { isLoadImm64, Pseudo } from "../../asm/opcodes.ts";
import type { Btf } from "../../btf/btf.ts";
import type { ExtSection } from "../../btf/ext.ts";
import type { ExternSpec } from "../../spec/spec.ts";
import { ElfError, within } from "../errors.ts";
import { Binding, RelocationType, SymbolType } from "../format.ts";
import { CODE } from "./file.ts";
import type { OutputFile, OutputSection, OutputSymbol } from "./file.ts";
import type { OutputFunction } from "./functions.ts";
import { kconfigAt } from "./maps.ts";

export interface PlacedFunction {
  readonly section: OutputSection;
  /** Of the function's start in the section. */
  readonly slot: number;
  readonly symbol: OutputSymbol;
}

export interface CodePlan {
  readonly name: string;
  readonly functions: readonly OutputFunction[];
  readonly layout: Layout;
}

/** What relocations of code may be against. */
export interface CodeSymbols {
  readonly functions: Map<OutputFunction, PlacedFunction>;
  map(name: string): OutputSymbol;
  /** The section that a map's value is. */
  data(name: string): OutputSection;
  readonly externs: readonly ExternSpec[];
  extern(name: string): OutputSymbol;
}

export function planCode(name: string, functions: readonly OutputFunction[]): CodePlan {
  const instructions = functions.flatMap((entry) =>
    entry.instructions.map((instruction, index) => (index === 0 ? { ...instruction, label: entry.name } : instruction)),
  );
  // References stay for the relocations; their labels may be in other sections.
  const plain = instructions.map((instruction) => {
    const { ref, ...rest } = instruction;
    return ref === undefined || ref.kind === "core" ? instruction : rest;
  });
  const placed = within({ section: name }, () => layout(plain));
  return { name, functions, layout: placed };
}

/** For `.BTF.ext`. */
export function extSection({ name, functions, layout: program }: CodePlan): ExtSection {
  return {
    name,
    program,
    functions: new Map(
      functions.flatMap(({ name: label, type }): [string, number][] => (type === undefined ? [] : [[label, type]])),
    ),
  };
}

/**
 * Adds the section and symbols of its functions; {@link relocateCode} needs those of all sections.
 * A program is global; a subprogram is what its BTF says, static without.
 */
export function addCode(
  file: OutputFile,
  plan: CodePlan,
  btf: Btf,
  programs: ReadonlySet<OutputFunction>,
  symbols: CodeSymbols,
): OutputSection {
  const section = file.section(plan.name, new Uint8Array(plan.layout.size * SLOT_BYTES), { flags: CODE, align: 8 });
  for (const entry of plan.functions) {
    const slot = plan.layout.labels.get(entry.name)!;
    const slots = entry.instructions.reduce((sum, { opcode }) => sum + (isLoadImm64(opcode) ? 2 : 1), 0);
    const type = entry.type === undefined ? undefined : btf.type(entry.type);
    const global = programs.has(entry) || (type?.kind === "func" && type.linkage === "global");
    const symbol = file.symbol({
      name: entry.name,
      type: SymbolType.FUNC,
      binding: global ? Binding.GLOBAL : Binding.LOCAL,
      section,
      value: slot * SLOT_BYTES,
      size: slots * SLOT_BYTES,
    });
    symbols.functions.set(entry, { section, slot, symbol });
  }
  return section;
}

/** Writes the instructions and their relocations into the section that {@link addCode} made. */
/**
 * libbpf applies a relocation only where it finds what the object's own types answer: of those that ask whether
 * something exists, 1, whatever a program has there for an interpreter that relocates nothing.
 */
function withLocalAnswer(instruction: Instruction, { kind }: CoreRelocation): Instruction {
  return EXISTENCE.includes(kind) ? { ...instruction, imm: 1 } : instruction;
}

const EXISTENCE: readonly CoreKind[] = [CoreKind.FieldExists, CoreKind.TypeExists, CoreKind.EnumValueExists];

export function relocateCode(file: OutputFile, section: OutputSection, plan: CodePlan, symbols: CodeSymbols): void {
  const { instructions, slots } = plan.layout;
  const referring = plan.functions.flatMap((entry) =>
    entry.instructions.map((instruction) => ({ entry, instruction })),
  );
  const written = instructions.map((instruction, index): Instruction => {
    const {
      entry,
      instruction: { ref },
    } = referring[index]!;
    if (ref?.kind === "core") return withLocalAnswer(instruction, ref.relocation);
    if (ref === undefined) return instruction;
    const wide = isLoadImm64(instruction.opcode);
    const { symbol, src, imm } = relocation(file, entry, ref, wide, symbols);
    section.relocations.push({
      offset: slots[index]! * SLOT_BYTES,
      type: wide ? RelocationType.R_BPF_64_64 : RelocationType.R_BPF_64_32,
      symbol,
    });
    return { ...instruction, src, imm: wide ? BigInt.asUintN(32, BigInt(imm)) : imm };
  });
  const bytes = within({ section: plan.name }, () =>
    encode({ ...plan.layout, instructions: written }, { map: unresolved, keepCore: true }),
  );
  section.bytes.set(bytes);
}

function unresolved(name: string): never {
  throw new ElfError(`map '${name}' was not relocated`);
}

interface Target {
  readonly symbol: OutputSymbol;
  readonly src: number;
  /** The addend, in the form that the instruction holds it. */
  readonly imm: number;
}

/** As clang writes it: a global symbol without addend, or the section with the place in it. */
function relocation(
  file: OutputFile,
  entry: OutputFunction,
  ref: Reference,
  wide: boolean,
  symbols: CodeSymbols,
): Target {
  switch (ref.kind) {
    case "map":
      return { symbol: symbols.map(ref.map), src: 0, imm: 0 };
    case "mapValue":
      return dataTarget(file, ref.map, ref.offset, symbols);
    case "ksym":
      return { symbol: symbols.extern(ref.symbol), ...(wide ? { src: 0, imm: 0 } : { src: Pseudo.CALL, imm: -1 }) };
    case "call":
    case "func": {
      const target = symbols.functions.get(entry.targets.get(ref.label)!)!;
      const start = target.slot;
      if (ref.kind === "call") {
        return target.symbol.binding === Binding.LOCAL
          ? { symbol: file.sectionSymbol(target.section), src: Pseudo.CALL, imm: start - 1 }
          : { symbol: target.symbol, src: Pseudo.CALL, imm: -1 };
      }
      return target.symbol.binding === Binding.LOCAL
        ? { symbol: file.sectionSymbol(target.section), src: 0, imm: start * SLOT_BYTES }
        : { symbol: target.symbol, src: 0, imm: 0 };
    }
    default:
      throw new ElfError(`a reference of kind ${ref.kind} has no relocation`);
  }
}

function dataTarget(file: OutputFile, map: string, offset: number, symbols: CodeSymbols): Target {
  const extern = map === ".kconfig" ? kconfigAt(symbols.externs, offset) : undefined;
  if (extern !== undefined) return { symbol: symbols.extern(extern.name), src: 0, imm: offset - extern.offset };
  return { symbol: file.sectionSymbol(symbols.data(map)), src: 0, imm: offset };
}

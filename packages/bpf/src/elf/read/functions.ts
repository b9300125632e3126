/** The functions of an object's code sections: where each starts, its instructions, its name. */
import { decode } from "../../asm/decode.ts";
import { SLOT_BYTES } from "../../asm/encode.ts";
import type { Instruction, Reference, SourcePosition } from "../../asm/instruction.ts";
import { Class, classOf, isLoadImm64, isLongJump, JumpOp } from "../../asm/opcodes.ts";
import { ElfError, within } from "../errors.ts";
import { Binding, SymbolType } from "../format.ts";
import { isExecutable } from "./file.ts";
import type { ElfFile, ElfSection, ElfSymbol } from "./file.ts";

/** One code section. `changes` gathers what relocations say of an instruction, by slot. */
export interface CodeSection {
  readonly section: ElfSection;
  /** Sparse: the second slot of an lddw has none. */
  readonly slots: readonly (Instruction | undefined)[];
  readonly changes: Map<number, InstructionChange>;
  /** The source line of each slot, as far as debug information tells it. */
  readonly sources: (SourcePosition | undefined)[];
  /** In the order of their places. */
  readonly functions: readonly ObjectFunction[];
  /** BTF function types by slot. */
  readonly types: Map<number, number>;
}

export interface InstructionChange {
  readonly ref?: Reference;
  readonly src?: number;
  readonly imm?: number | bigint;
}

export interface ObjectFunction {
  /** The symbol's name, made unique: static functions of one object may share a name. */
  readonly label: string;
  readonly name: string;
  readonly code: CodeSection;
  /** The slots it takes, the last one excluded. */
  readonly start: number;
  readonly end: number;
  /** Whether other objects and the loader see it. */
  readonly global: boolean;
}

/** Every section with instructions, each function found by its symbol. */
export function readCode(file: ElfFile): CodeSection[] {
  const bySection = new Map<ElfSection, ElfSymbol[]>();
  for (const symbol of file.symbols) {
    if (symbol.type !== SymbolType.FUNC || symbol.section === undefined) continue;
    const known = bySection.get(symbol.section);
    if (known === undefined) bySection.set(symbol.section, [symbol]);
    else known.push(symbol);
  }
  const labels = new Set<string>();
  return file.sections
    .filter((section) => isExecutable(section) && section.bytes.length > 0)
    .map((section) => {
      const slots = decodeSlots(section);
      const functions: ObjectFunction[] = [];
      const code: CodeSection = { section, slots, functions, changes: new Map(), sources: [], types: new Map() };
      for (const symbol of (bySection.get(section) ?? []).sort((a, b) => a.value - b.value)) {
        functions.push(readFunction(symbol, code, functions.at(-1), labels));
      }
      return code;
    });
}

function decodeSlots(section: ElfSection): (Instruction | undefined)[] {
  const slots: (Instruction | undefined)[] = [];
  for (const instruction of within({ section: section.name }, () => decode(section.bytes))) {
    slots.push(instruction);
    if (isLoadImm64(instruction.opcode)) slots.push(undefined);
  }
  return slots;
}

function readFunction(
  symbol: ElfSymbol,
  code: CodeSection,
  before: ObjectFunction | undefined,
  labels: Set<string>,
): ObjectFunction {
  const place = { section: code.section.name, offset: symbol.value };
  const start = symbol.value / SLOT_BYTES;
  const end = start + symbol.size / SLOT_BYTES;
  if (
    symbol.size === 0 ||
    !Number.isInteger(start) ||
    !Number.isInteger(end) ||
    end > code.slots.length ||
    code.slots[start] === undefined
  ) {
    throw new ElfError(
      `function '${symbol.name}' of ${symbol.size} bytes does not fit the section's instructions`,
      place,
    );
  }
  if (before !== undefined && before.end > start)
    throw new ElfError(`functions '${before.name}' and '${symbol.name}' overlap`, place);
  return {
    label: unique(symbol.name, start, labels),
    name: symbol.name,
    code,
    start,
    end,
    global: symbol.binding !== Binding.LOCAL,
  };
}

function unique(name: string, start: number, labels: Set<string>): string {
  let label = name;
  for (let number = start; labels.has(label); number++) label = `${name}.${number}`;
  labels.add(label);
  return label;
}

/** The function that starts at a slot. Throws ElfError if there is none. */
export function functionAt(
  code: CodeSection,
  slot: number,
  from: { readonly section: string; readonly offset: number },
): ObjectFunction {
  const { functions } = code;
  let [low, high] = [0, functions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (functions[middle]!.start < slot) low = middle + 1;
    else high = middle;
  }
  const found = functions[low];
  if (found?.start !== slot)
    throw new ElfError(`refers to slot ${slot} of section '${code.section.name}', where no function starts`, from);
  return found;
}

/**
 * A function's instructions with everything that relocations and debug information added. It starts
 * with its label; a jump's target has one made of the function's and its slot in it: "main+12".
 */
export function functionInstructions({ code, label, start, end, name }: ObjectFunction): Instruction[] {
  const labels = new Map<number, string>([[start, label]]);
  const jumps = new Map<number, Reference>();
  for (let slot = start; slot < end; slot++) {
    const instruction = code.slots[slot];
    const distance = instruction === undefined ? undefined : jumpDistance(instruction);
    if (distance === undefined) continue;
    const target = slot + 1 + distance;
    if (target < start || target >= end || code.slots[target] === undefined) {
      throw new ElfError(`a jump leads out of function '${name}' or amid an instruction`, {
        section: code.section.name,
        offset: slot * SLOT_BYTES,
      });
    }
    const targetLabel = labels.get(target) ?? `${label}+${target - start}`;
    labels.set(target, targetLabel);
    jumps.set(slot, { kind: "jump", label: targetLabel });
  }
  const instructions: Instruction[] = [];
  for (let slot = start; slot < end; slot++) {
    const instruction = code.slots[slot];
    if (instruction === undefined) continue;
    if (isLoadImm64(instruction.opcode) && slot + 1 === end) {
      throw new ElfError(`function '${name}' ends amid an instruction`, {
        section: code.section.name,
        offset: slot * SLOT_BYTES,
      });
    }
    instructions.push(
      withReferences(instruction, labels.get(slot), jumps.get(slot), code.changes.get(slot), code.sources[slot]),
    );
  }
  return instructions;
}

type Draft = { -readonly [Member in keyof Instruction]: Instruction[Member] };

/** Objects have thousands of instructions, mostly without any of these: members are added one by one, since spreads are slow. */
function withReferences(
  instruction: Instruction,
  label: string | undefined,
  jump: Reference | undefined,
  change: InstructionChange | undefined,
  source: SourcePosition | undefined,
): Instruction {
  const { opcode, dst, src, offset, imm } = instruction;
  const made: Draft = { opcode, dst, src, offset, imm };
  if (label !== undefined) made.label = label;
  if (jump !== undefined) {
    // The distance is in the reference.
    if (isLongJump(opcode)) made.imm = 0;
    else made.offset = 0;
    made.ref = jump;
  }
  if (change !== undefined) {
    if (change.src !== undefined) made.src = change.src;
    if (change.imm !== undefined) made.imm = change.imm;
    if (change.ref !== undefined) made.ref = change.ref;
  }
  if (source !== undefined) made.source = source;
  return made;
}

/** Slots that a jump goes, counted from the instruction after it; undefined for what is no jump. */
function jumpDistance(instruction: Instruction): number | undefined {
  const { opcode, offset, imm } = instruction;
  const klass = classOf(opcode);
  if (klass !== Class.JMP && klass !== Class.JMP32) return undefined;
  if (isLongJump(opcode)) return Number(imm);
  const op = opcode & 0xf0;
  return op === JumpOp.CALL || op === JumpOp.EXIT ? undefined : offset;
}

/**
 * Programs taken apart into functions, the reverse of linking: a subprogram that several programs
 * carry a copy of is written once.
 */
import type { Instruction } from "../../asm/instruction.ts";
import { layout } from "../../asm/layout.ts";
import type { ProgramSpec } from "../../spec/spec.ts";
import { ElfError, within } from "../errors.ts";

export interface OutputFunction {
  readonly name: string;
  /** Jumps have their distance; calls and pointers to functions keep their reference, by the label in `targets`. */
  readonly instructions: readonly Instruction[];
  /** The functions that it refers to, by the labels that it uses for them. */
  readonly targets: Map<string, OutputFunction>;
  /** Its BTF function id. */
  readonly type: number | undefined;
}

export interface SplitProgram {
  readonly spec: ProgramSpec;
  readonly main: OutputFunction;
}

/** Programs in order, and their subprograms in the order of first use. Names are unique. */
export function splitPrograms(programs: readonly ProgramSpec[]): {
  readonly programs: readonly SplitProgram[];
  readonly subprograms: readonly OutputFunction[];
} {
  const names = new Set(programs.map(({ name }) => name));
  if (names.size !== programs.length)
    throw new ElfError(`two programs have one name: ${programs.map(({ name }) => name).join(", ")}`);
  const written = new Map<string, Written[]>();
  const split = programs.map((spec): SplitProgram => {
    const pieces = cut(spec);
    const shared = sharedPieces(pieces, written);
    const functions = new Map<string, OutputFunction>();
    for (const [label, piece] of pieces) {
      const isMain = label === spec.name;
      const known = isMain ? undefined : shared.get(label);
      functions.set(label, known ?? make(spec, label, piece, isMain ? spec.name : unique(label, names)));
      if (isMain || known !== undefined) continue;
      written.set(label, [...(written.get(label) ?? []), { piece, output: functions.get(label)! }]);
    }
    for (const [label, piece] of pieces) {
      for (const used of usedLabels(piece)) functions.get(label)!.targets.set(used, functions.get(used)!);
    }
    return { spec, main: functions.get(spec.name)! };
  });
  return { programs: split, subprograms: [...written.values()].flat().map(({ output }) => output) };
}

interface Written {
  readonly piece: readonly Instruction[];
  readonly output: OutputFunction;
}

/** A program's functions by their labels, the main function first under the program's name. */
function cut(spec: ProgramSpec): Map<string, readonly Instruction[]> {
  const starts = new Set([...spec.functions.keys(), ...usedLabels(spec.instructions)]);
  const pieces = new Map<string, Instruction[]>();
  let piece: Instruction[] = [];
  pieces.set(spec.name, piece);
  for (const [index, instruction] of spec.instructions.entries()) {
    const { label } = instruction;
    if (index > 0 && label !== undefined && starts.has(label)) pieces.set(label, (piece = []));
    piece.push(instruction);
  }
  for (const label of usedLabels(spec.instructions)) {
    if (!pieces.has(label)) throw new ElfError(`program '${spec.name}' calls '${label}', which it does not have`);
  }
  return pieces;
}

function usedLabels(instructions: readonly Instruction[]): Set<string> {
  return new Set(instructions.flatMap(({ ref }) => (ref?.kind === "call" || ref?.kind === "func" ? [ref.label] : [])));
}

/** Those that are written already and refer to nothing that is not: by label, for this program. */
function sharedPieces(
  pieces: ReadonlyMap<string, readonly Instruction[]>,
  written: ReadonlyMap<string, readonly Written[]>,
): Map<string, OutputFunction> {
  const shared = new Map<string, OutputFunction>();
  for (const [label, piece] of pieces) {
    const same = written.get(label)?.find((known) => samePiece(known.piece, piece));
    if (same !== undefined) shared.set(label, same.output);
  }
  for (let dropped = true; dropped;) {
    dropped = false;
    for (const [label, { targets }] of shared) {
      if ([...targets].every(([used, target]) => shared.get(used) === target)) continue;
      shared.delete(label);
      dropped = true;
    }
  }
  return shared;
}

function samePiece(a: readonly Instruction[], b: readonly Instruction[]): boolean {
  return (
    a.length === b.length &&
    a.every((instruction, index) => instruction === b[index] || key(instruction) === key(b[index]!))
  );
}

function key(instruction: Instruction): string {
  return JSON.stringify(instruction, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

function make(spec: ProgramSpec, label: string, piece: readonly Instruction[], name: string): OutputFunction {
  const own = piece.map((instruction) =>
    instruction.ref?.kind === "call" || instruction.ref?.kind === "func" ? withoutRef(instruction) : instruction,
  );
  const placed = within({ section: spec.section ?? spec.title }, () => layout(own)).instructions;
  const instructions = placed.map((instruction, index) => {
    const { label: _, ref: __, ...plain } = instruction;
    const { ref } = piece[index]!;
    return ref === undefined || ref.kind === "jump" ? plain : { ...plain, ref };
  });
  return { name, instructions, targets: new Map(), type: spec.functions.get(label) };
}

function withoutRef(instruction: Instruction): Instruction {
  const { ref: _, ...plain } = instruction;
  return plain;
}

function unique(label: string, names: Set<string>): string {
  let name = label;
  for (let number = 2; names.has(name); number++) name = `${label}.${number}`;
  names.add(name);
  return name;
}

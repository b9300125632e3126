/**
 * What the kernel wants to know of a program beside its instructions: which BTF function starts
 * where (func info) and which source line an instruction comes from (line info). With both, a
 * verifier log quotes the source.
 */
import type { Instruction, SourcePosition } from "../asm/instruction.ts";
import type { Layout } from "../asm/layout.ts";
import { BtfError } from "./errors.ts";

/** One record of each kind as numbers; positions in instruction slots. */
export interface FuncInfo {
  readonly slot: number;
  readonly typeId: number;
}
export interface LineInfo {
  readonly slot: number;
  readonly file: number;
  readonly text: number;
  readonly line: number;
  readonly column: number;
}

export const FUNC_INFO_BYTES = 8;
export const LINE_INFO_BYTES = 16;

/** The records of one program, in the form that BPF_PROG_LOAD takes: `func_info` and `line_info`. */
export interface ProgramInfo {
  readonly funcInfo: Uint8Array;
  readonly funcInfoCount: number;
  readonly lineInfo: Uint8Array;
  readonly lineInfoCount: number;
}

/** Every string that line info of these instructions refers to: for {@link addStrings}. */
export function sourceTexts(instructions: readonly Instruction[]): Iterable<string> {
  const texts = new Set<string>();
  let last: SourcePosition | undefined;
  for (let index = 0; index < instructions.length; index++) {
    const { source } = instructions[index]!;
    if (source === undefined || source === last) continue;
    last = source;
    texts.add(source.file).add(source.text);
  }
  return texts;
}

/**
 * `functions` gives BTF function ids by label, `stringOffset` the place of a text in the same BTF.
 * Throws BtfError for a function without a label in the program.
 */
export function programInfo(
  program: Layout,
  functions: ReadonlyMap<string, number>,
  stringOffset: (text: string) => number,
): ProgramInfo {
  const starts = funcInfo(program, functions);
  const lines = lineInfo(program, starts, stringOffset);
  return {
    funcInfo: encodeFuncInfo(starts, 1),
    funcInfoCount: starts.length,
    lineInfo: encodeLineInfo(lines, 1),
    lineInfoCount: lines.length,
  };
}

/** In the order of their slots. */
export function funcInfo(program: Layout, functions: ReadonlyMap<string, number>): FuncInfo[] {
  const starts = [...functions].map(([label, typeId]) => {
    const slot = program.labels.get(label);
    if (slot === undefined) throw new BtfError(`function "${label}" has a BTF type but no instructions`);
    return { slot, typeId };
  });
  return starts.sort((a, b) => a.slot - b.slot);
}

/**
 * One record wherever the source changes, and one at the start of every function, without which
 * the kernel refuses them all: if nothing is known there, the function's first known line is taken.
 */
export function lineInfo(
  program: Layout,
  starts: readonly FuncInfo[],
  stringOffset: (text: string) => number,
): LineInfo[] {
  if (!program.instructions.some(({ source }) => source !== undefined)) return [];
  const isStart = new Set([0, ...starts.map(({ slot }) => slot)]);
  const lines: LineInfo[] = [];
  let last: SourcePosition | undefined;
  for (let index = 0; index < program.instructions.length; index++) {
    const slot = program.slots[index]!;
    const start = isStart.has(slot);
    const source = program.instructions[index]!.source ?? (start ? nextSource(program, index) : undefined);
    if (source === undefined || (!start && last !== undefined && sameLine(source, last))) continue;
    last = source;
    lines.push({
      slot,
      file: stringOffset(source.file),
      text: stringOffset(source.text),
      line: source.line,
      column: source.column,
    });
  }
  return lines;
}

/** The first source at or after an instruction, else the last one before it. */
function nextSource(program: Layout, from: number): SourcePosition | undefined {
  const known = ({ source }: Instruction): boolean => source !== undefined;
  return (program.instructions.slice(from).find(known) ?? program.instructions.findLast(known))?.source;
}

function sameLine(a: SourcePosition, b: SourcePosition): boolean {
  return a === b || (a.line === b.line && a.column === b.column && a.text === b.text && a.file === b.file);
}

/** `unit` is what one slot counts: 1 for the kernel, 8 (bytes) in an ELF object. */
export function encodeFuncInfo(records: readonly FuncInfo[], unit: 1 | 8): Uint8Array {
  const words = records.flatMap(({ slot, typeId }) => [slot * unit, typeId]);
  return littleEndian(words);
}

/** Lines beyond the format's 22 bits and columns beyond its 10 are held at the greatest. */
export function encodeLineInfo(records: readonly LineInfo[], unit: 1 | 8): Uint8Array {
  const bytes = new Uint8Array(records.length * LINE_INFO_BYTES);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < records.length; index++) {
    const { slot, file, text, line, column } = records[index]!;
    const at = index * LINE_INFO_BYTES;
    view.setUint32(at, slot * unit, true);
    view.setUint32(at + 4, file, true);
    view.setUint32(at + 8, text, true);
    view.setUint32(at + 12, (Math.min(line, 0x3f_ffff) << 10) | Math.min(column, 0x3ff), true);
  }
  return bytes;
}

/** 32-bit words as bytes. */
export function littleEndian(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, true);
  return bytes;
}

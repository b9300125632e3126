/** A loaded program's instructions as text, beside the source lines that they come from. */
import { decode, disassembleInstruction, type Instruction, isLoadImm64, Pseudo } from "@sonde/bpf/asm";
import type { BtfReader } from "@sonde/bpf/btf";
import { jitedLineBytes, type ProgramCode } from "@sonde/kernel/objects";
import { cut } from "./columns.ts";

export interface ListedInstruction {
  readonly slot: number;
  readonly text: string;
  /** The function that starts here. */
  readonly function?: string;
  /** The source line that starts here. */
  readonly source?: SourceLine;
}

export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
  /** Slots from here to the next line. */
  readonly instructions: number;
  /** Bytes of machine code; absent where the kernel does not show addresses. */
  readonly jitedBytes?: number;
}

/** What the numbers in loaded instructions stand for. */
export interface ListingNames {
  map(id: number): string | undefined;
  /** The kernel's function at a distance from `__bpf_call_base`, as helper calls have it. */
  helper(distance: number): string | undefined;
  /** A function of the kernel's BTF. */
  kernelFunction(typeId: number): string | undefined;
}

/** `types` are the program's own. */
export function listing(
  code: ProgramCode,
  types: BtfReader | undefined,
  names: ListingNames,
): readonly ListedInstruction[] {
  const functions = functionNames(code, types);
  const sources = sourceLines(code, types);
  const jited = code.jited.length > 0;
  let slot = 0;
  return decode(code.translated).map((instruction) => {
    const at = slot;
    slot += isLoadImm64(instruction.opcode) ? 2 : 1;
    const name = functions.get(at);
    const source = sources.get(at);
    return {
      slot: at,
      text: instructionText(instruction, at, { ...names, functions, jited }),
      ...(name !== undefined && { function: name }),
      ...(source !== undefined && { source }),
    };
  });
}

/** Of one line this much is shown; a longer one, such as a script on the command line, from where the code is. */
const LONG = 80;

/** The part of a line that says what its code does. */
export function excerpt({ text, column }: SourceLine): string {
  const whole = text.trim();
  return whole.length <= LONG ? whole : cut(column <= 1 ? whole : `…${text.slice(column - 1).trim()}`, LONG);
}

/** Each source line once (of a long one each place), with all that was made of it: the most machine code first. */
export function lineTotals(instructions: readonly ListedInstruction[]): readonly SourceLine[] {
  const totals = new Map<string, SourceLine>();
  for (const { source } of instructions) {
    if (source === undefined) continue;
    const key = `${source.line} ${excerpt(source)} ${source.file}`;
    const known = totals.get(key);
    totals.set(key, known === undefined ? source : together(known, source));
  }
  return [...totals.values()].sort((a, b) => (b.jitedBytes ?? b.instructions) - (a.jitedBytes ?? a.instructions));
}

function together(a: SourceLine, b: SourceLine): SourceLine {
  const jitedBytes = a.jitedBytes === undefined || b.jitedBytes === undefined ? undefined : a.jitedBytes + b.jitedBytes;
  return { ...a, instructions: a.instructions + b.instructions, ...(jitedBytes !== undefined && { jitedBytes }) };
}

function functionNames(code: ProgramCode, types: BtfReader | undefined): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { slot, typeId } of code.functions) {
    const type = types?.type(typeId);
    if (type?.kind === "func") names.set(slot, type.name);
  }
  return names;
}

function sourceLines(code: ProgramCode, types: BtfReader | undefined): ReadonlyMap<number, SourceLine> {
  const lines = new Map<number, SourceLine>();
  if (types === undefined) return lines;
  const bytes = jitedLineBytes(code);
  for (const [index, { slot, file, text, line, column }] of code.lines.entries()) {
    const end = code.lines[index + 1]?.slot ?? code.translated.length / 8;
    const jitedBytes = bytes?.[index];
    lines.set(slot, {
      file: types.string(file),
      line,
      column,
      text: types.string(text),
      instructions: end - slot,
      ...(jitedBytes !== undefined && { jitedBytes }),
    });
  }
  return lines;
}

interface Context extends ListingNames {
  readonly functions: ReadonlyMap<number, string>;
  readonly jited: boolean;
}

const CALL = 0x85;
const MOVE = 0xbf;
/** Offsets of moves that the verifier puts in, beside those of sign extension. */
const ADDRESS_SPACE_CAST = 1;
const PER_CPU_ADDRESS = -1;

function instructionText(instruction: Instruction, slot: number, context: Context): string {
  const { opcode, dst, src, offset, imm } = instruction;
  if (opcode === CALL) return callText(instruction, slot, context);
  if (isLoadImm64(opcode)) return wideText(instruction, slot, context);
  if (opcode === MOVE && offset === PER_CPU_ADDRESS) return `r${dst} = &(void __percpu *)(r${src})`;
  if (opcode === MOVE && offset === ADDRESS_SPACE_CAST)
    return `r${dst} = addr_space_cast(r${src}, ${Number(imm) >>> 16}, ${Number(imm) & 0xffff})`;
  return disassembleInstruction(instruction);
}

/** Once compiled to machine code, a call of another function has its distance in the offset. */
function callText({ src, offset, imm }: Instruction, slot: number, context: Context): string {
  if (src === Pseudo.CALL) {
    const distance = context.jited ? offset : Number(imm);
    return `call ${context.functions.get(slot + 1 + distance) ?? `pc${plus(distance)}`}`;
  }
  const number = Number(imm);
  const name =
    src === Pseudo.KFUNC_CALL ? (context.kernelFunction(number) ?? context.helper(number)) : context.helper(number);
  return `call ${name ?? `unknown#${number}`}`;
}

function wideText(instruction: Instruction, slot: number, context: Context): string {
  const { dst, src } = instruction;
  const imm = BigInt(instruction.imm);
  const low = Number(BigInt.asIntN(32, imm));
  switch (src) {
    case Pseudo.MAP_FD:
      return `r${dst} = map[${mapText(low, context)}]`;
    case Pseudo.MAP_VALUE:
      return `r${dst} = map[${mapText(low, context)}][0]+${imm >> 32n}`;
    case Pseudo.FUNC:
      return `r${dst} = func[${context.functions.get(slot + 1 + low) ?? `pc${plus(low)}`}]`;
    default:
      return disassembleInstruction(instruction);
  }
}

function mapText(id: number, context: Context): string {
  const name = context.map(id);
  return name === undefined ? `id:${id}` : `id:${id} ${name}`;
}

function plus(distance: number): string {
  return distance < 0 ? String(distance) : `+${distance}`;
}

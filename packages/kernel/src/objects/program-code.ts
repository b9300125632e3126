/** A loaded program's instructions, the source lines that they come from and the machine code made of them. */
import type { FuncInfo, LineInfo } from "@sonde/bpf/btf";
import { objectInfo } from "../sys/bpf/object-commands.ts";
import { FUNC_INFO_SIZE, LINE_INFO_SIZE } from "../sys/bpf/program-commands.ts";
import type { Kernel } from "../sys/kernel.ts";
import { PROGRAM_INFO_SIZE, ProgramInfoOffset } from "./program-info.ts";

export interface ProgramCode {
  /**
   * Eight bytes an instruction, as the verifier left them: fields of the context are loads from the
   * kernel's own structs, some helpers are inlined, map loads hold map ids. Empty if the caller may not see them.
   */
  readonly translated: Uint8Array;
  /** Which BTF function starts at which slot. */
  readonly functions: readonly FuncInfo[];
  /** Slot by slot; file and text are offsets into the strings of the program's BTF. */
  readonly lines: readonly LineInfo[];
  /** Machine code of each function; empty if interpreted. */
  readonly jited: readonly JitedFunction[];
  /** Where the machine code of each of `lines` starts; empty where it may not be seen. */
  readonly jitedLines: readonly bigint[];
}

export interface JitedFunction {
  /** 0 where kernel addresses may not be seen (kptr_restrict, no CAP_SYSLOG). */
  readonly address: bigint;
  readonly bytes: number;
}

const JITED_LINE_SIZE = 8;

/** An array that the kernel copies out: where its pointer and its count are, and how large an element is. */
interface Wanted {
  readonly pointer: number;
  readonly count: number;
  readonly size: number;
  /** Where the caller has to say how large an element is. */
  readonly recordSize?: number;
}

const at = ProgramInfoOffset;
const TRANSLATED: Wanted = { pointer: at.TRANSLATED, count: at.TRANSLATED_LENGTH, size: 1 };
const FUNCTIONS: Wanted = {
  pointer: at.FUNCS,
  count: at.FUNC_COUNT,
  size: FUNC_INFO_SIZE,
  recordSize: at.FUNC_RECORD_SIZE,
};
const LINES: Wanted = {
  pointer: at.LINES,
  count: at.LINE_COUNT,
  size: LINE_INFO_SIZE,
  recordSize: at.LINE_RECORD_SIZE,
};
const SYMBOLS: Wanted = { pointer: at.SYMBOLS, count: at.SYMBOL_COUNT, size: 8 };
const LENGTHS: Wanted = { pointer: at.LENGTHS, count: at.LENGTH_COUNT, size: 4 };
const JITED_LINES: Wanted = {
  pointer: at.JITED_LINES,
  count: at.JITED_LINE_COUNT,
  size: JITED_LINE_SIZE,
  recordSize: at.JITED_LINE_RECORD_SIZE,
};

/** Errors: KernelError when the descriptor is no program's. */
export function programCode(kernel: Kernel, fd: number, subject: string): ProgramCode {
  const all = [TRANSLATED, FUNCTIONS, LINES, SYMBOLS, LENGTHS, JITED_LINES];
  const counts = objectInfo(kernel, fd, PROGRAM_INFO_SIZE, subject);
  const found = new Map<Wanted, Uint8Array>();
  const answer = objectInfo(kernel, fd, PROGRAM_INFO_SIZE, subject, (info, attr) => {
    for (const wanted of all) {
      const count = counts.getUint32(wanted.count, true);
      if (count === 0) continue;
      const memory = attr.reserve(count * wanted.size);
      info.setUint32(wanted.count, count, true);
      info.setBigUint64(wanted.pointer, BigInt(memory.address), true);
      if (wanted.recordSize !== undefined) info.setUint32(wanted.recordSize, wanted.size, true);
      found.set(wanted, memory.bytes);
    }
  });
  // The kernel takes a pointer away where it has written nothing.
  const bytesOf = (wanted: Wanted): Uint8Array =>
    answer.getBigUint64(wanted.pointer, true) === 0n
      ? new Uint8Array(0)
      : (found.get(wanted) ?? new Uint8Array(0)).slice();
  const addresses = wideWords(bytesOf(SYMBOLS));
  return {
    translated: bytesOf(TRANSLATED),
    functions: records(bytesOf(FUNCTIONS), FUNC_INFO_SIZE, ([slot = 0, typeId = 0]) => ({ slot, typeId })),
    lines: records(bytesOf(LINES), LINE_INFO_SIZE, ([slot = 0, file = 0, text = 0, position = 0]) => ({
      slot,
      file,
      text,
      line: position >>> 10,
      column: position & 0x3ff,
    })),
    jited: records(bytesOf(LENGTHS), 4, ([bytes = 0], index) => ({ address: addresses[index] ?? 0n, bytes })),
    jitedLines: wideWords(bytesOf(JITED_LINES)),
  };
}

function records<T>(bytes: Uint8Array, size: number, read: (words: readonly number[], index: number) => T): T[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) =>
    read(
      Array.from({ length: size / 4 }, (_word, i) => view.getUint32(index * size + i * 4, true)),
      index,
    ),
  );
}

function wideWords(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 8 }, (_, i) => view.getBigUint64(i * 8, true));
}

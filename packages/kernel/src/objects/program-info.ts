/** What the kernel says about a program, without its instructions: struct bpf_prog_info. */
import { objectInfo } from "../sys/bpf/object-commands.ts";
import { FUNC_INFO_SIZE } from "../sys/bpf/program-commands.ts";
import { ProgramTypeId } from "../sys/constants.ts";
import type { Kernel } from "../sys/kernel.ts";
import { nameOf, textAt } from "./struct.ts";

export interface ProgramInfo {
  readonly id: number;
  /** libbpf's name without BPF_PROG_TYPE_; the number for a type that came after this table. */
  readonly type: string;
  /** At most 15 characters. */
  readonly name: string;
  /** Sixteen hexadecimal digits: the hash of the instructions before they were relocated. */
  readonly tag: string;
  /** Nanoseconds since the machine started. */
  readonly loadedAt: bigint;
  readonly uid: number;
  readonly gplCompatible: boolean;
  /** Bytes after the verifier's rewriting, and as machine code; 0 if interpreted or if not to be seen. */
  readonly translatedBytes: number;
  readonly jitedBytes: number;
  readonly mapIds: readonly number[];
  /** The loaded BTF object that describes it; 0 for none. */
  readonly btfId: number;
  /** BTF type id of its main function; 0 for none. */
  readonly functionTypeId: number;
  /** What it was verified for: a function or tracepoint of this BTF object; 0 for none (and before 5.17). */
  readonly attachBtfObjectId: number;
  readonly attachBtfTypeId: number;
  /** Instructions that the verifier looked at, on all paths; 0 before 5.16. */
  readonly verifiedInstructions: number;
  /** Run times and counts grow only while statistics are on. */
  readonly nanoseconds: bigint;
  readonly runs: bigint;
  /** Runs left out because the program was running on that CPU already; 0 before 5.12. */
  readonly recursionMisses: bigint;
}

/** Bytes of struct bpf_prog_info that are known here; an older kernel leaves its end zero. */
export const PROGRAM_INFO_SIZE = 232;

/** Where its members are. Pointers and counts for what else the kernel may write are in {@link programCode}. */
export const ProgramInfoOffset = {
  TYPE: 0,
  ID: 4,
  TAG: 8,
  JITED_LENGTH: 16,
  TRANSLATED_LENGTH: 20,
  TRANSLATED: 32,
  LOAD_TIME: 40,
  UID: 48,
  MAP_COUNT: 52,
  MAP_IDS: 56,
  NAME: 64,
  FLAGS: 84,
  SYMBOL_COUNT: 104,
  LENGTH_COUNT: 108,
  SYMBOLS: 112,
  LENGTHS: 120,
  BTF_ID: 128,
  FUNC_RECORD_SIZE: 132,
  FUNCS: 136,
  FUNC_COUNT: 144,
  LINE_COUNT: 148,
  LINES: 152,
  JITED_LINES: 160,
  JITED_LINE_COUNT: 168,
  LINE_RECORD_SIZE: 172,
  JITED_LINE_RECORD_SIZE: 176,
  RUN_TIME: 192,
  RUN_COUNT: 200,
  RECURSION_MISSES: 208,
  VERIFIED: 216,
  ATTACH_OBJECT: 220,
  ATTACH_TYPE: 224,
} as const;

/** Errors: KernelError when the descriptor is no program's. */
export function programInfo(kernel: Kernel, fd: number, subject: string): ProgramInfo {
  const at = ProgramInfoOffset;
  const first = objectInfo(kernel, fd, PROGRAM_INFO_SIZE, subject);
  const mapCount = first.getUint32(at.MAP_COUNT, true);
  const functionCount = Math.min(1, first.getUint32(at.FUNC_COUNT, true));
  let ids: Uint8Array = new Uint8Array(0);
  let func: Uint8Array = new Uint8Array(8);
  if (mapCount + functionCount > 0) {
    objectInfo(kernel, fd, PROGRAM_INFO_SIZE, subject, (info, attr) => {
      const idMemory = attr.reserve(mapCount * 4);
      info.setUint32(at.MAP_COUNT, mapCount, true);
      info.setBigUint64(at.MAP_IDS, BigInt(idMemory.address), true);
      ids = idMemory.bytes;
      if (functionCount === 0) return;
      const funcMemory = attr.reserve(FUNC_INFO_SIZE);
      info.setUint32(at.FUNC_COUNT, 1, true);
      info.setUint32(at.FUNC_RECORD_SIZE, FUNC_INFO_SIZE, true);
      info.setBigUint64(at.FUNCS, BigInt(funcMemory.address), true);
      func = funcMemory.bytes;
    });
  }
  const u32 = (offset: number): number => first.getUint32(offset, true);
  const u64 = (offset: number): bigint => first.getBigUint64(offset, true);
  return {
    id: u32(at.ID),
    type: nameOf(ProgramTypeId, u32(at.TYPE)),
    name: textAt(first, at.NAME, 16),
    tag: Buffer.from(first.buffer, first.byteOffset + at.TAG, 8).toString("hex"),
    loadedAt: u64(at.LOAD_TIME),
    uid: u32(at.UID),
    gplCompatible: (u32(at.FLAGS) & 1) !== 0,
    translatedBytes: u32(at.TRANSLATED_LENGTH),
    jitedBytes: u32(at.JITED_LENGTH),
    mapIds: words(ids),
    btfId: u32(at.BTF_ID),
    functionTypeId: words(func)[1] ?? 0,
    attachBtfObjectId: u32(at.ATTACH_OBJECT),
    attachBtfTypeId: u32(at.ATTACH_TYPE),
    verifiedInstructions: u32(at.VERIFIED),
    nanoseconds: u64(at.RUN_TIME),
    runs: u64(at.RUN_COUNT),
    recursionMisses: u64(at.RECURSION_MISSES),
  };
}

/** Little-endian 32-bit words, copied. */
function words(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, true));
}

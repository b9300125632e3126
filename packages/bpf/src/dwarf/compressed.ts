/**
 * Sections that were compressed to save space. Since ELF's own way (SHF_COMPRESSED) they begin with
 *
 *     ┌────────────┬──────────┬──────────────────┬───────────┐
 *     │ u32 1 zlib │ reserved │ u64 size         │ u64       │ compressed bytes ...
 *     │     2 zstd │ u32      │ of what it holds │ alignment │
 *     └────────────┴──────────┴──────────────────┴───────────┘
 *
 * and in the way before that (sections named .zdebug_*) with "ZLIB" and that size as a big-endian u64.
 */
import { Cursor } from "./cursor.ts";
import { DwarfError } from "./errors.ts";

type Decompress = (bytes: Uint8Array, size: number) => Uint8Array;

/** Gives exactly `size` bytes or throws; handed in by who has the means. zstd is absent where it cannot be read. */
export interface Decompressors {
  readonly zlib: Decompress;
  readonly zstd?: Decompress | undefined;
}

/** Files are hostile input, and a few bytes can say that they stand for many. */
const MAX_SIZE = 1 << 28;
const OLD_HEADER = 12;

/** What a section of one of the two ways holds. Errors: DwarfError. */
export function decompress(name: string, bytes: Uint8Array, by: Decompressors): Uint8Array {
  const cursor = new Cursor(bytes);
  if (name.startsWith(".z")) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < OLD_HEADER || view.getUint32(0) !== 0x5a4c4942) throw new DwarfError(`${name}: no zlib header`);
    return expand(name, bytes.subarray(OLD_HEADER), Number(view.getBigUint64(4)), by.zlib);
  }
  const kind = cursor.u32();
  cursor.u32();
  const size = Number(cursor.u64());
  cursor.u64();
  const rest = bytes.subarray(cursor.at);
  if (kind === 1) return expand(name, rest, size, by.zlib);
  if (kind !== 2) throw new DwarfError(`${name}: compressed in the unknown way ${kind}`);
  if (by.zstd === undefined)
    throw new DwarfError(
      `${name}: compressed by zstd, which this Node.js cannot read (22.15 and later can); objcopy --decompress-debug-sections makes a copy without`,
    );
  return expand(name, rest, size, by.zstd);
}

function expand(name: string, bytes: Uint8Array, size: number, by: Decompress): Uint8Array {
  if (size > MAX_SIZE)
    throw new DwarfError(
      `${name}: holds ${size} bytes, more than the ${MAX_SIZE} that are read; objcopy --decompress-debug-sections makes a copy without`,
    );
  let result: Uint8Array;
  try {
    result = by(bytes, size);
  } catch (error) {
    throw new DwarfError(`${name}: damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (result.length !== size) throw new DwarfError(`${name}: damaged: holds ${result.length} bytes, not ${size}`);
  return result;
}

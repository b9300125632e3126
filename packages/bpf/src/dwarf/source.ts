/** Where the bytes come from. The readers here ask for pieces of sections and never hold a file. */
import { DwarfError } from "./errors.ts";

/** The bytes of one section, uncompressed. */
export interface SectionBytes {
  readonly size: number;
  /** A piece, `offset + length` at most `size`. It may be part of a buffer that is shared: not to be written to. */
  slice(offset: number, length: number): Uint8Array;
}

/** A file with debugging information. */
export interface DwarfSource {
  /** By name, ".debug_info"; undefined where the file has no such section. */
  section(name: string): SectionBytes | undefined;
  /** The file that `dwz` moved into what several have in common (.gnu_debugaltlink), if it is there. */
  supplementary?(): DwarfSource | undefined;
  /** Nothing is asked for any more. */
  close?(): void;
}

/** A section that is in memory already. */
export function inMemory(bytes: Uint8Array): SectionBytes {
  return { size: bytes.length, slice: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** A piece that must be there; errors: DwarfError. */
export function piece(section: SectionBytes, name: string, offset: number, length: number): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= section.size))
    throw new DwarfError(`${name}: ${length} bytes at ${offset} are not in it (${section.size} bytes)`);
  return section.slice(offset, length);
}

const TEXT_PIECE = 128;
/** Longer names are cut: mangled C++ has some of several kilobytes. */
const MAX_TEXT = 1 << 16;

/** The text that begins at an offset and ends with a NUL. */
export function textAt(section: SectionBytes, name: string, offset: number): string {
  for (let length = TEXT_PIECE; ; length *= 8) {
    const bytes = piece(section, name, offset, Math.min(length, section.size - offset));
    const end = bytes.indexOf(0);
    if (end >= 0) return utf8(bytes.subarray(0, end));
    if (bytes.length < length || length >= MAX_TEXT) return utf8(bytes);
  }
}

const decoder = new TextDecoder();

export function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

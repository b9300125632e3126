/** MiniDebugInfo: the names of a stripped program's functions, which Fedora's programs bring along. */
import { ElfFile, type SymbolTable } from "./elf.ts";
import { unpackXz } from "./xz/index.ts";

/** Bytes; it unpacks to less, since it holds no more than names. */
const MAX_UNPACKED = 1 << 28;

/** The symbols of the ELF file that lies in xz format in the section .gnu_debugdata, if there is one. */
export function miniSymbols(file: ElfFile): SymbolTable | undefined {
  const bytes = file.section(".gnu_debugdata")?.bytes;
  if (bytes === undefined) return undefined;
  const packed = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  using mini = ElfFile.of(`${file.path}: .gnu_debugdata`, unpackXz(packed, MAX_UNPACKED));
  return mini.symbols();
}

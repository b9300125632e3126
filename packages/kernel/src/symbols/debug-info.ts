/** Debugging information of programs and libraries: in the file itself, or in the separate file that belongs to it. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { decompress, Dwarf, inMemory, type Decompressors, type DwarfSource, type SectionBytes } from "@sonde/bpf/dwarf";
import { debugFileOf } from "./debug-files.ts";
import { ElfFile } from "./elf.ts";

/** Bytes that are read at once: entries lie close to those that they refer to. */
const BLOCK = 1 << 16;
/** Blocks of a section that are kept. */
const KEPT_BLOCKS = 64;

/**
 * The debugging information of a file, undefined where it has none and no separate file is installed.
 * Pieces of the file are read when they are asked for: it stays open until the answer is disposed of.
 * Errors: ElfError, node:fs's errors; DwarfError of what is asked later.
 *
 * @param root of the file system that the program sees, and `inside` its path there: see debugFileOf
 */
export function openDebugInfo(path: string, root = "", inside: string = path): Dwarf | undefined {
  const file = ElfFile.open(path);
  if (isDebugFile(file)) return new Dwarf(new FileSource(file, root));
  const separate = separateFile(file, root, inside);
  file[Symbol.dispose]();
  if (separate === undefined) return undefined;
  const debug = ElfFile.open(separate);
  if (isDebugFile(debug)) return new Dwarf(new FileSource(debug, root));
  debug[Symbol.dispose]();
  return undefined;
}

function separateFile(file: ElfFile, root: string, inside: string): string | undefined {
  try {
    return debugFileOf(file, root, inside);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

function isDebugFile(file: ElfFile): boolean {
  return [".debug_info", ".zdebug_info"].some((name) => file.sectionPlace(name) !== undefined);
}

class FileSource implements DwarfSource {
  readonly #file: ElfFile;
  readonly #root: string;

  constructor(file: ElfFile, root: string) {
    this.#file = file;
    this.#root = root;
  }

  close(): void {
    this.#file[Symbol.dispose]();
  }

  section(name: string): SectionBytes | undefined {
    const oldName = name.replace(/^\./, ".z");
    for (const candidate of [name, oldName]) {
      const place = this.#file.sectionPlace(candidate);
      if (place === undefined) continue;
      if (!place.compressed && candidate === name) return new FileSection(this.#file, place.offset, place.size);
      return inMemory(decompress(candidate, this.#file.bytes(place.offset, place.size), DECOMPRESSORS));
    }
    return undefined;
  }

  /** .gnu_debugaltlink: the path of the file that dwz made, from where this one is, a NUL, and its build id. */
  supplementary(): DwarfSource | undefined {
    const place = this.#file.sectionPlace(".gnu_debugaltlink");
    if (place === undefined) return undefined;
    const bytes = Buffer.from(this.#file.bytes(place.offset, place.size));
    const end = bytes.indexOf(0);
    const path = bytes.toString("utf8", 0, end);
    const id = bytes.toString("hex", end + 1);
    const places = [
      path.startsWith("/") ? `${this.#root}${path}` : resolve(dirname(this.#file.path), path),
      `${this.#root}/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`,
    ];
    for (const place of places) {
      if (!existsSync(place)) continue;
      const file = ElfFile.open(place);
      if (file.buildId() === id) return new FileSource(file, this.#root);
      file[Symbol.dispose]();
    }
    return undefined;
  }
}

/** A section that is read in blocks. */
class FileSection implements SectionBytes {
  readonly size: number;
  readonly #file: ElfFile;
  readonly #offset: number;
  readonly #blocks = new Map<number, Uint8Array>();

  constructor(file: ElfFile, offset: number, size: number) {
    this.#file = file;
    this.#offset = offset;
    this.size = size;
  }

  slice(offset: number, length: number): Uint8Array {
    const first = Math.floor(offset / BLOCK);
    if (offset + length > (first + 1) * BLOCK) return this.#file.bytes(this.#offset + offset, length);
    const start = offset - first * BLOCK;
    return this.#block(first).subarray(start, start + length);
  }

  #block(index: number): Uint8Array {
    let block = this.#blocks.get(index);
    if (block === undefined) {
      const start = index * BLOCK;
      block = this.#file.bytes(this.#offset + start, Math.min(BLOCK, this.size - start));
      const [oldest] = this.#blocks.keys();
      if (this.#blocks.size === KEPT_BLOCKS && oldest !== undefined) this.#blocks.delete(oldest);
      this.#blocks.set(index, block);
    }
    return block;
  }
}

type Inflate = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;

/** One byte more than is said to be there shows that the file lies. */
function exactly(inflate: Inflate, bytes: Uint8Array, size: number): Uint8Array {
  return inflate(bytes, { maxOutputLength: size + 1 });
}

/** Few files are compressed: zlib is loaded when the first one is met. */
const zlib = (): typeof import("node:zlib") => process.getBuiltinModule("node:zlib");

const DECOMPRESSORS: Decompressors = {
  zlib: (bytes, size) => exactly(zlib().inflateSync, bytes, size),
  /** Of Node.js 22.15 and later. */
  get zstd() {
    const { zstdDecompressSync } = zlib() as { readonly zstdDecompressSync?: Inflate };
    return zstdDecompressSync && ((bytes: Uint8Array, size: number) => exactly(zstdDecompressSync, bytes, size));
  },
};

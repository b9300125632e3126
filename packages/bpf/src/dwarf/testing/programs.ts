/** Programs for tests: the project's own C, compiled in the ways that there are to write debugging information. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { inflateSync } from "node:zlib";
import { TESTDATA } from "../../elf/testing/objects.ts";
import { decompress } from "../compressed.ts";
import { inMemory, type DwarfSource } from "../source.ts";

/** Compiles testdata/SOURCE to a program `name` in a folder; gives the path. */
export function build(
  folder: string,
  name: string,
  source: string,
  compiler: string,
  ...options: readonly string[]
): string {
  const program = path.join(folder, name);
  execFileSync(compiler, [...options, "-o", program, path.join(TESTDATA, source)], { cwd: folder });
  return program;
}

/** The sections of a 64-bit little-endian ELF file. */
export function sourceOf(file: string, supplementary?: string): DwarfSource {
  const sections = sectionsOf(readFileSync(file));
  return {
    section(name) {
      const found = sections.get(name);
      if (found === undefined) return undefined;
      const bytes = found.compressed
        ? decompress(name, found.bytes, { zlib: (packed) => inflateSync(packed) })
        : found.bytes;
      return inMemory(new Uint8Array(bytes));
    },
    ...(supplementary !== undefined && { supplementary: () => sourceOf(supplementary) }),
  };
}

function sectionsOf(file: Buffer): Map<string, { readonly bytes: Buffer; readonly compressed: boolean }> {
  const table = Number(file.readBigUInt64LE(40));
  const [count, strings] = [file.readUInt16LE(60), file.readUInt16LE(62)];
  const place = (index: number): Buffer => {
    const at = table + index * 64;
    const offset = Number(file.readBigUInt64LE(at + 24));
    return file.subarray(offset, offset + Number(file.readBigUInt64LE(at + 32)));
  };
  const names = place(strings);
  const sections = new Map<string, { readonly bytes: Buffer; readonly compressed: boolean }>();
  for (let index = 1; index < count; index++) {
    const at = table + index * 64;
    const start = file.readUInt32LE(at);
    const name = names.toString("latin1", start, names.indexOf(0, start));
    // SHT_NOBITS has no bytes in the file.
    if (file.readUInt32LE(at + 4) !== 8)
      sections.set(name, { bytes: place(index), compressed: (file.readUInt32LE(at + 8) & 0x800) !== 0 });
  }
  return sections;
}

/**
 * Where the symbols and DWARF of a stripped program are. Distributions put them into files of their
 * own (Debian's -dbgsym packages, Fedora's -debuginfo), which are found by what was left behind:
 *
 *     note .note.gnu.build-id   an id of the build, in both files:   DEBUG/.build-id/4f/a0b1....debug
 *     section .gnu_debuglink    a name and the file's CRC-32:        FOLDER/NAME, FOLDER/.debug/NAME,
 *                                                                    DEBUG/FOLDER/NAME
 *
 * FOLDER is where the program is, DEBUG is /usr/lib/debug. A process in a container has a file system
 * of its own; its root is searched before ours, which may hold the same build's files.
 *
 * Both are GDB's rules: https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html
 */
import { closeSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { ElfFile, ElfError } from "./elf.ts";

/** Where separate debug files are installed, in every root. */
const DEBUG_FOLDER = "/usr/lib/debug";

/**
 * The path of the separate debug file that belongs to this very build, or undefined if none is
 * installed. A file whose build id or CRC differs is passed over.
 *
 * @param root of the file system that the program sees: "" for ours, "/proc/PID/root" for a process's
 * @param path of the program in that file system; symbolic links must have been followed
 */
export function debugFileOf(file: ElfFile, root = "", path: string = file.path): string | undefined {
  const roots = root === "" ? [""] : [root, ""];
  const id = file.buildId();
  if (id !== undefined) {
    const name = `${DEBUG_FOLDER}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
    const found = roots.map((each) => each + name).find((each) => hasBuildId(each, id));
    if (found !== undefined) return found;
  }
  const link = debugLink(file);
  if (link === undefined) return undefined;
  const folder = dirname(path);
  const places = [
    ...[folder, join(folder, ".debug")].map((place) => root + place),
    ...roots.map((each) => each + DEBUG_FOLDER + folder),
  ];
  return places.map((place) => join(place, link.name)).find((each) => isLinked(each, id, link.crc));
}

interface DebugLink {
  readonly name: string;
  /** Of the whole debug file. */
  readonly crc: number;
}

/** The name, closed by a zero and padded to 4 bytes; then the CRC. A name never leads out of its folder. */
function debugLink(file: ElfFile): DebugLink | undefined {
  const bytes = file.section(".gnu_debuglink")?.bytes;
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = text.indexOf(0);
  const crcAt = (end + 4) & ~3;
  const name = text.toString("utf8", 0, end);
  if (end <= 0 || crcAt + 4 > text.length || name.includes("/")) return undefined;
  return { name, crc: text.readUInt32LE(crcAt) };
}

function hasBuildId(path: string, id: string): boolean {
  return buildIdOf(path) === id;
}

/** Two build ids that are the same or differ decide; reading the whole file for its CRC is the last resort. */
function isLinked(path: string, id: string | undefined, crc: number): boolean {
  const other = buildIdOf(path);
  if (other === undefined) return false;
  return id !== undefined && other !== "" ? other === id : crcOf(path) === crc;
}

/** "" for an ELF file without one; undefined where there is no ELF file. */
function buildIdOf(path: string): string | undefined {
  try {
    using file = ElfFile.open(path);
    return file.buildId() ?? "";
  } catch (error) {
    if (error instanceof ElfError || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

/** The CRC-32 of the whole file. Few files need it: zlib is loaded when the first one does. */
function crcOf(path: string): number {
  const { crc32 } = process.getBuiltinModule("node:zlib");
  const fd = openSync(path, "r");
  try {
    const chunk = Buffer.allocUnsafe(1 << 20);
    let crc = 0;
    for (let got = readSync(fd, chunk); got > 0; got = readSync(fd, chunk)) crc = crc32(chunk.subarray(0, got), crc);
    return crc;
  } finally {
    closeSync(fd);
  }
}

/**
 * Which file a uprobe means: "libc" and "libc.so.6" by the loader's cache, "bash" by PATH, and
 * anything with a slash as it stands.
 */
import { accessSync, constants, readFileSync, readdirSync, realpathSync, statSync } from "node:fs";

/** The file's real path, or undefined if there is no such program or library. */
export function resolveBinary(name: string, search: string = process.env["PATH"] ?? ""): string | undefined {
  const found = name.includes("/")
    ? existing(name)
    : (inLoaderCache(name) ?? inLibraryFolders(name) ?? onPath(name, search));
  return found === undefined ? undefined : realpathSync(found);
}

function existing(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : undefined;
}

function onPath(name: string, search: string): string | undefined {
  for (const folder of search.split(":")) {
    const path = `${folder || "."}/${name}`;
    if (existing(path) === undefined) continue;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not to be run: the next folder may have one that is.
    }
  }
  return undefined;
}

/** Where libraries are on systems without that cache. */
function inLibraryFolders(name: string): string | undefined {
  if (!name.startsWith("lib")) return undefined;
  const machine = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  for (const folder of [`/lib/${machine}`, `/usr/lib/${machine}`, "/lib64", "/usr/lib64", "/lib", "/usr/lib"]) {
    const found = filesIn(folder)
      .filter((file) => isVersionOf(file, name))
      .sort()
      .at(-1);
    if (found !== undefined) return `${folder}/${found}`;
  }
  return undefined;
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** "libc.so.6" is one of "libc". */
function isVersionOf(file: string, name: string): boolean {
  return file === name || file.startsWith(`${name}.so`);
}

const CACHE_MAGIC = "glibc-ld.so.cache1.1";
const CACHE_HEADER_SIZE = 48;
const CACHE_ENTRY_SIZE = 24;
/** The ABI in the second byte of an entry's flags. */
const ABI: Partial<Record<NodeJS.Architecture, number>> = { x64: 0x03, arm64: 0x0a };

function inLoaderCache(name: string): string | undefined {
  let cache: Buffer;
  try {
    cache = readFileSync("/etc/ld.so.cache");
  } catch {
    return undefined;
  }
  return findLibrary(cache, name);
}

/**
 * Searches the bytes of an ld.so.cache: after a header of 48 bytes (the count of libraries at 20)
 * come entries of 24, { i32 flags, u32 soname, u32 path, u32, u64 }, their texts at offsets from the
 * magic. "libc" finds "libc.so.6"; of several versions the cache has the newest first.
 */
export function findLibrary(
  cache: Buffer,
  name: string,
  abi: number | undefined = ABI[process.arch],
): string | undefined {
  const start = cache.indexOf(CACHE_MAGIC, 0, "latin1");
  if (start < 0 || start + CACHE_HEADER_SIZE > cache.length) return undefined;
  const table = cache.subarray(start);
  const count = table.readUInt32LE(20);
  for (
    let i = 0, at = CACHE_HEADER_SIZE;
    i < count && at + CACHE_ENTRY_SIZE <= table.length;
    i++, at += CACHE_ENTRY_SIZE
  ) {
    if (table.readUInt8(at + 1) !== abi) continue;
    const soname = textAt(table, table.readUInt32LE(at + 4));
    if (isVersionOf(soname, name)) return textAt(table, table.readUInt32LE(at + 8));
  }
  return undefined;
}

function textAt(table: Buffer, offset: number): string {
  const end = table.indexOf(0, offset);
  return table.toString("latin1", offset, end < 0 ? table.length : end);
}

/**
 * The code of files that processes have mapped, each file read once however many map it. A file
 * is found by the mapping itself while the process lives, which is right also when the file was
 * deleted or replaced; after that by a descriptor that was kept, or by its path.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { CodeFile } from "./code-file.ts";
import { openDebugInfo } from "./debug-info.ts";
import { ElfFile } from "./elf.ts";
import { FunctionTable } from "./function-table.ts";
import { type Mapping, readMaps } from "./maps.ts";
import { quietly } from "./quietly.ts";

/** Who has mapped a file. */
export interface Owner {
  readonly pid: number;
  /** Of its file system: "" for ours, or a folder that stands for another. */
  readonly root: string;
  /** Milliseconds of Date.now() at which it was seen first. */
  readonly seen: number;
}

/** Descriptors that are kept at most; the oldest makes room. */
const MAX_HELD = 256;

export class MappedFiles {
  /** By device and inode: neither is given to another file while the descriptor is open. */
  readonly #held = new Map<string, number>();
  readonly #files = new Map<string, CodeFile | undefined>();
  readonly #known = new WeakMap<Mapping, CodeFile | undefined>();
  #vdso: CodeFile | undefined | null = null;

  /** Undefined for what is no ELF file, or cannot be found any more. */
  file(mapping: Mapping, owner: Owner): CodeFile | undefined {
    if (mapping.path === "[vdso]") return this.#vdso === null ? (this.#vdso = ownVdso()) : this.#vdso;
    if (!mapping.path.startsWith("/")) return undefined;
    if (!this.#known.has(mapping)) this.#known.set(mapping, this.#read(mapping, owner));
    return this.#known.get(mapping);
  }

  /** Keeps the file within reach, whatever becomes of the process and its file system. */
  hold(mapping: Mapping, owner: Owner): void {
    if (!mapping.path.startsWith("/") || this.#held.has(mapping.file)) return;
    for (const { path, isByName } of places(mapping, owner)) {
      const fd = openFile(path, (stat) => !isByName || isSame(stat, mapping, owner));
      if (fd === undefined) continue;
      this.#held.set(mapping.file, fd);
      const [oldest] = this.#held;
      if (this.#held.size > MAX_HELD && oldest !== undefined) this.#release(...oldest);
      return;
    }
  }

  /** Lets go of all descriptors; what has been read stays. */
  close(): void {
    for (const entry of this.#held) this.#release(...entry);
    for (const file of this.#files.values()) file?.close();
  }

  #release(file: string, fd: number): void {
    this.#held.delete(file);
    closeSync(fd);
  }

  #read(mapping: Mapping, owner: Owner): CodeFile | undefined {
    const found = this.#find(mapping, owner);
    if (found === undefined) return undefined;
    const key = `${mapping.file}:${found.mtime}`;
    if (!this.#files.has(key)) {
      this.#files.set(
        key,
        quietly(() => this.#open(found.path, mapping, owner)),
      );
    }
    return this.#files.get(key);
  }

  #open(path: string, mapping: Mapping, owner: Owner): CodeFile {
    using file = ElfFile.open(path);
    const functions = FunctionTable.of(file, owner.root, mapping.path);
    return new CodeFile(functions, file.buildId(), () => this.#debugInfo(mapping, owner));
  }

  /** The file is found anew: it may be long since its functions were read. */
  #debugInfo(mapping: Mapping, owner: Owner): ReturnType<typeof openDebugInfo> {
    const found = this.#find(mapping, owner);
    return found && openDebugInfo(found.path, owner.root, mapping.path);
  }

  #find(mapping: Mapping, owner: Owner): { readonly path: string; readonly mtime: number } | undefined {
    const held = this.#held.get(mapping.file);
    const all = held === undefined ? [] : [{ path: `/proc/self/fd/${held}`, isByName: false }];
    for (const { path, isByName } of [...all, ...places(mapping, owner)]) {
      const stat = quietly(() => statSync(path));
      if (stat !== undefined && (!isByName || isSame(stat, mapping, owner))) return { path, mtime: stat.mtimeMs };
    }
    return undefined;
  }
}

interface Place {
  readonly path: string;
  readonly isByName: boolean;
}

function places(mapping: Mapping, { pid, root }: Owner): Place[] {
  const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
  return [
    { path: `/proc/${pid}/map_files/${range}`, isByName: false },
    { path: root + mapping.path, isByName: true },
  ];
}

/** Another file may have taken the name: it would have another inode, and have come after the mapping. */
function isSame(stat: Stats, mapping: Mapping, owner: Owner): boolean {
  return stat.isFile() && (mapping.file.endsWith(`:${stat.ino}`) || stat.ctimeMs < owner.seen);
}

function openFile(path: string, isWanted: (stat: Stats) => boolean): number | undefined {
  const fd = quietly(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (fd === undefined || isWanted(fstatSync(fd))) return fd;
  closeSync(fd);
  return undefined;
}

/** The kernel maps the same code of its own into every process; ours is read from our own memory. */
function ownVdso(): CodeFile | undefined {
  const mapping = readMaps(process.pid).find(({ path }) => path === "[vdso]");
  if (mapping === undefined) return undefined;
  return quietly(() => {
    const fd = openSync("/proc/self/mem", "r");
    try {
      const bytes = new Uint8Array(mapping.end - mapping.start);
      readSync(fd, bytes, 0, bytes.length, mapping.start);
      using file = ElfFile.of("[vdso]", bytes);
      return new CodeFile(FunctionTable.of(file), file.buildId(), () => undefined);
    } finally {
      closeSync(fd);
    }
  });
}

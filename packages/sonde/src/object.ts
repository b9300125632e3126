/** Objects as most users want them: a file's name in, a {@link LiveObject} out. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { conventionalSection, type ReadOptions, readObject } from "@sonde/bpf/elf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import {
  loadCollection,
  loadCollectionAsync,
  type LoadOptions,
  ObjectEditor,
  openObject as editObject,
} from "@sonde/kernel/collection";
import { type Kernel, openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { LiveObject } from "./live-object.ts";

/** A file's name, the bytes of an ELF object, or a specification: the compiler's, defineObject's, your own. */
export type ObjectSource = string | Uint8Array | ObjectSpec;

/**
 * Open an object for settings before it is loaded. Sections may have libbpf's names, and those of
 * {@link conventionalSection} unless `options` say what others mean.
 *
 *     const object = openObject("opensnoop.bpf.o");
 *     object.map("events").maxEntries = 1 << 20;
 *     object.globals<{ target_pid: number }>(".rodata").target_pid = 42;
 *     using live = loadObject(object);
 *
 * @throws {ElfError} with section and offset, for a malformed file; Error of node:fs for one that can't be read
 */
export function openObject(source: ObjectSource, options: ReadOptions = {}): ObjectEditor {
  const read = { section: conventionalSection, ...options };
  if (typeof source === "string") {
    const name = options.name ?? basename(source).replace(/(\.bpf)?\.o$/, "");
    return editObject(readObject(readFileSync(source), { ...read, name }));
  }
  return editObject(source instanceof Uint8Array ? readObject(source, read) : source);
}

export interface LoadObjectOptions extends Partial<LoadOptions> {
  /** What makes the system calls; the real one unless given. */
  readonly kernel?: Kernel;
}

/**
 * Load an object into the running kernel: everything in it, or nothing. Attach it with
 * {@link LiveObject.attach}.
 * @throws {VerifierError | KernelError | UnsupportedFeatureError} nothing is left behind
 */
export function loadObject(source: ObjectSource | ObjectEditor, options: LoadObjectOptions = {}): LiveObject {
  const { kernel, spec, load } = prepare(source, options);
  return new LiveObject(kernel, spec, loadCollection(kernel, spec, load), load.vmlinux);
}

/** {@link loadObject} without blocking the event loop while the kernel verifies long programs. */
export async function loadObjectAsync(
  source: ObjectSource | ObjectEditor,
  options: LoadObjectOptions = {},
): Promise<LiveObject> {
  const { kernel, spec, load } = prepare(source, options);
  return new LiveObject(kernel, spec, await loadCollectionAsync(kernel, spec, load), load.vmlinux);
}

interface Prepared {
  readonly kernel: Kernel;
  readonly spec: ObjectSpec;
  readonly load: LoadOptions;
}

function prepare(source: ObjectSource | ObjectEditor, { kernel = openKernel(), ...load }: LoadObjectOptions): Prepared {
  const spec = (source instanceof ObjectEditor ? source : openObject(source)).spec();
  const target = runningTarget({ kernel });
  return { kernel, spec, load: { vmlinux: () => target.btf, ...load } };
}

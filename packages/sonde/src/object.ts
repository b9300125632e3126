/** Objects as most users want them: a file's name in, live typed maps, globals and links out. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { BtfReader, type BtfValue, type CodecOptions } from "@sonde/bpf/btf";
import { type ReadOptions, readObject } from "@sonde/bpf/elf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { type Collection, loadCollection, type LoadOptions, ObjectEditor, openObject as editObject } from "@sonde/kernel/collection";
import { Attacher, type Link } from "@sonde/kernel/links";
import { type BpfMap, globalsOf, type TypedMap, typedMap } from "@sonde/kernel/maps";
import type { Program } from "@sonde/kernel/programs";
import { Ring, stream, type StreamOptions } from "@sonde/kernel/rings";
import { type Kernel, openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";

/** A file's name, the bytes of an ELF object, or what the compiler made. */
export type ObjectSource = string | Uint8Array | ObjectSpec;

/**
 * Open an object for settings before it is loaded.
 *
 *     const object = openObject("opensnoop.bpf.o");
 *     object.map("events").maxEntries = 1 << 20;
 *     object.globals<{ target_pid: number }>(".rodata").target_pid = 42;
 *     using live = loadObject(object);
 *
 * @throws {ElfError} with section and offset, for a malformed file; Error of node:fs for one that can't be read
 */
export function openObject(source: ObjectSource, options: ReadOptions = {}): ObjectEditor {
  if (typeof source === "string") {
    const name = options.name ?? basename(source).replace(/(\.bpf)?\.o$/, "");
    return editObject(readObject(readFileSync(source), { ...options, name }));
  }
  return editObject(source instanceof Uint8Array ? readObject(source, options) : source);
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
  const { kernel = openKernel(), ...load } = options;
  const spec = (source instanceof ObjectEditor ? source : openObject(source)).spec();
  const target = runningTarget({ kernel });
  return new LiveObject(kernel, spec, loadCollection(kernel, spec, { vmlinux: () => target.btf, ...load }));
}

/** An object in the kernel, with its links. Closing it detaches and frees all that is not pinned. */
export class LiveObject {
  readonly collection: Collection;
  readonly #kernel: Kernel;
  readonly #spec: ObjectSpec;
  readonly #links: Link[] = [];
  readonly #rings = new Map<string, Ring>();
  #types: BtfReader | undefined;

  /** Takes the collection over. */
  constructor(kernel: Kernel, spec: ObjectSpec, collection: Collection) {
    this.#kernel = kernel;
    this.#spec = spec;
    this.collection = collection;
  }

  /** A map in bytes. Throws if there is none of this name. */
  map(name: string): BpfMap {
    return this.collection.map(name);
  }

  /** A map with keys and values as JavaScript values, by the types that the object was compiled with. */
  typed<K, V>(name: string, options: CodecOptions = {}): TypedMap<K, V> {
    const map = this.collection.map(name);
    const spec = this.#spec.maps.find((candidate) => candidate.name === name);
    const { keyTypeId = 0, valueTypeId = 0 } = spec ?? {};
    return typedMap<K, V>(map, this.#spec.btf.length === 0 ? options : { ...options, types: { btf: this.#btf(), keyTypeId, valueTypeId } });
  }

  /** The global variables of ".data", ".bss" or ".rodata" as properties; each access reads or writes the program's memory. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what the variables are
  globals<T = Record<string, BtfValue>>(section: string, options: CodecOptions = {}): T {
    const name = section.startsWith(".") ? section : `.${section}`;
    const spec = this.#spec.maps.find((candidate) => candidate.name === name);
    if (spec === undefined) throw new TypeError(`object '${this.#spec.name}' has no section '${name}'`);
    return globalsOf<T>(this.collection.map(name), this.#btf(), spec.valueTypeId, options);
  }

  /** Throws if there is none of this name. */
  program(name: string): Program {
    return this.collection.program(name);
  }

  /**
   * Attach every program, or those of one name, wherever its section says. All or none.
   * @throws {KernelError | UnsupportedFeatureError}
   */
  attach(name?: string): readonly Link[] {
    const places = [...this.collection.attachments()].filter(({ program, target }) => target.kind !== "run" && (name === undefined || program.name === name));
    const links = new Attacher(this.#kernel).attachAll(places);
    this.#links.push(...links);
    return links;
  }

  /**
   * The records of a ring-buffer map as they come, decoded by `options.decode`.
   *
   *     for await (const event of live.records("events", { decode: (view, at) => view.getUint32(at, true) })) ...
   */
  records<T = Uint8Array>(name: string, options: StreamOptions<T> = {}): AsyncGenerator<T, void> {
    let ring = this.#rings.get(name);
    if (ring === undefined) {
      ring = new Ring(this.#kernel, this.collection.map(name));
      this.#rings.set(name, ring);
    }
    return stream(this.#kernel, ring, options);
  }

  close(): void {
    for (const link of this.#links) link.close();
    for (const ring of this.#rings.values()) ring.close();
    this.collection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #btf(): BtfReader {
    return (this.#types ??= new BtfReader(this.#spec.btf));
  }
}

import { BtfReader, type BtfValue, type Codec, codecOf, codecOfShape, type CodecOptions } from "@sonde/bpf/btf";
import type { AttachTarget, MapSpec, ObjectSpec } from "@sonde/bpf/spec";
import type { Collection, LoadOptions, LoadReport } from "@sonde/kernel/collection";
import {
  type AttachOptions,
  Attacher,
  type IteratorParameters,
  type Link,
  stopAll,
  streamIterator,
} from "@sonde/kernel/links";
import { attachToNetwork } from "@sonde/kernel/links/net";
import { BloomFilter, type BpfMap, createMap, Queue, type TypedMap, typedMap } from "@sonde/kernel/maps";
import type { Program } from "@sonde/kernel/programs";
import { PerfBuffer, Ring, stream, type StreamOptions, UserRing } from "@sonde/kernel/rings";
import type { Kernel } from "@sonde/kernel/sys";
import { findType } from "./type-name.ts";

export interface RecordOptions<T> extends StreamOptions<T>, CodecOptions {
  /** Decodes records as this type of the object ("struct event"), instead of `decode`. */
  readonly type?: string;
}

/** An object in the kernel, with its links. Closing it detaches and frees all that is not pinned. */
export class LiveObject {
  readonly kernel: Kernel;
  readonly collection: Collection;
  readonly #spec: ObjectSpec;
  readonly #attacher: Attacher;
  readonly #links: Link[] = [];
  readonly #readers = new Map<string, Ring | PerfBuffer>();
  #types: BtfReader | undefined;

  /** Takes the collection over. `vmlinux` gives the kernel's types, by which system calls are found faster. */
  constructor(
    kernel: Kernel,
    spec: ObjectSpec,
    collection: Collection,
    vmlinux: LoadOptions["vmlinux"] = () => undefined,
  ) {
    this.kernel = kernel;
    this.#spec = spec;
    this.collection = collection;
    this.#attacher = new Attacher(kernel, { vmlinux, network: attachToNetwork });
  }

  /** How loading went: programs skipped or failed, accesses that this kernel has nothing for. */
  get report(): LoadReport {
    return this.collection.report;
  }

  /** What has been attached by {@link attach} and {@link register}. */
  get links(): readonly Link[] {
    return this.#links;
  }

  /** A map in bytes. Throws if there is none of this name. */
  map(name: string): BpfMap {
    return this.collection.map(name);
  }

  /** A map with keys and values as JavaScript values, by the types that the object was compiled with. */
  typed<K, V>(name: string, options: CodecOptions = {}): TypedMap<K, V> {
    const map = this.collection.map(name);
    const { keyTypeId, valueTypeId } = this.#mapSpec(name);
    return typedMap<K, V>(
      map,
      this.#spec.btf.length === 0 ? options : { ...options, types: { btf: this.#btf(), keyTypeId, valueTypeId } },
    );
  }

  /**
   * A map like the template that map of maps `name` has for its inner maps, or with other sizes where the kernel
   * lets them differ (hashes, from 5.14; arrays with BPF_F_INNER_MAP). Close it once it has been put in.
   */
  createInner(name: string, changes: Partial<Pick<MapSpec, "name" | "maxEntries" | "flags">> = {}): BpfMap {
    const { inner } = this.#mapSpec(name);
    if (inner === undefined) throw new TypeError(`map '${name}' of object '${this.#spec.name}' holds no maps`);
    // The object's types are not kept in the kernel by us; inner maps are compared without theirs.
    return createMap(this.kernel, { ...inner, ...changes, keyTypeId: 0, valueTypeId: 0 });
  }

  /** A map of type queue or stack. */
  queue<V>(name: string, options: CodecOptions = {}): Queue<V> {
    return new Queue(this.collection.map(name), this.#valueCodec<V>(name, options));
  }

  bloomFilter<V>(name: string, options: CodecOptions = {}): BloomFilter<V> {
    return new BloomFilter(this.collection.map(name), this.#valueCodec<V>(name, options));
  }

  /** The global variables of ".data", ".bss" or ".rodata", or of an arena by its name, as properties; each access reads or writes the program's memory. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what the variables are
  globals<T = Record<string, BtfValue>>(section: string, options: CodecOptions = {}): T {
    return this.collection.globals<T>(section, options);
  }

  /**
   * How values of a type of the object lie in memory: "struct event", "__u32".
   * @throws {TypeError} if the object's BTF has no such type: clang leaves out what no map, global or function mentions
   */
  codec<T = BtfValue>(type: string, options: CodecOptions = {}): Codec<T> {
    const id = this.#spec.btf.length === 0 ? undefined : findType(this.#btf(), type);
    if (id === undefined) throw new TypeError(`object '${this.#spec.name}' has no type '${type}' in its BTF`);
    return codecOf<T>(this.#btf(), id, options);
  }

  /** Throws if there is none of this name, or it was not loaded. */
  program(name: string): Program {
    return this.collection.program(name);
  }

  /**
   * Attach every program that says where, or those of one name. All or none. Sections of programs for interfaces
   * and cgroups do not say where: {@link attachTo} does, and functions of `sonde/kernel` (attachTc, attachCgroup, ...).
   * @throws {KernelError | UnsupportedFeatureError}
   */
  attach(name?: string, options: AttachOptions = {}): readonly Link[] {
    const links: Link[] = [];
    try {
      for (const { program, target } of this.collection.attachments()) {
        if (target.kind !== "run" && (name === undefined || program.name === name))
          links.push(this.#attachTo(program, target, options));
      }
    } catch (error) {
      for (const link of links) link.close();
      throw error;
    }
    if (name !== undefined && links.length === 0)
      throw new TypeError(`${describeUnplaced(this.program(name))} does not say where it is to be attached`);
    this.#links.push(...links);
    return links;
  }

  /** Attach one program somewhere else than its section says. */
  attachTo(name: string, target: AttachTarget, options: AttachOptions = {}): Link {
    const link = this.#attachTo(this.program(name), target, options);
    this.#links.push(link);
    return link;
  }

  /** Put a struct_ops map in force, until the link is closed. */
  register(map: string): Link {
    const link = this.collection.register(map);
    this.#links.push(link);
    return link;
  }

  /** What an iterator's program writes in one pass over everything, or over what `parameters` name. */
  async *iterate(name: string, parameters?: IteratorParameters): AsyncGenerator<Buffer, void> {
    for (const { program, target } of this.collection.attachments()) {
      if (program.name !== name || target.kind !== "iter") continue;
      using link = this.#attachTo(program, target, parameters === undefined ? {} : { iterator: parameters });
      yield* streamIterator(this.kernel, link);
      return;
    }
    throw new TypeError(`${describeUnplaced(this.program(name))} is no iterator`);
  }

  /** The one reader of a ring buffer or perf event array: to drain by hand, to ask what was lost. */
  reader(name: string): Ring | PerfBuffer {
    let reader = this.#readers.get(name);
    if (reader === undefined) {
      const map = this.collection.map(name);
      reader = map.type === "perf_event_array" ? new PerfBuffer(this.kernel, map) : new Ring(this.kernel, map);
      this.#readers.set(name, reader);
    }
    return reader;
  }

  /**
   * The records of a ring buffer or perf event array as they come, decoded by `options.type` or
   * `options.decode`, else as bytes.
   *
   *     for await (const event of live.records<{ pid: number }>("events", { type: "struct event" })) ...
   */
  records<T = Uint8Array>(name: string, options: RecordOptions<T> = {}): AsyncGenerator<T, void> {
    const { type } = options;
    if (type === undefined) return stream(this.kernel, this.reader(name), options);
    const codec = this.codec<T>(type, options);
    const decode = (view: DataView, offset: number, length: number): T => {
      if (length < codec.size)
        throw new TypeError(`a record of map '${name}' has ${length} bytes, '${type}' has ${codec.size}`);
      return codec.read(view, offset);
    };
    return stream(this.kernel, this.reader(name), { ...options, decode });
  }

  /** Writes to a user ring buffer; close it after use. */
  userRing(name: string): UserRing {
    return new UserRing(this.kernel, this.collection.map(name));
  }

  close(): void {
    for (const link of this.#links) link.close();
    for (const reader of this.#readers.values()) reader.close();
    this.collection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Detaches all links together, without blocking while the kernel waits for each. */
  async [Symbol.asyncDispose](): Promise<void> {
    await stopAll(this.#links);
    this.close();
  }

  #attachTo(program: Program, target: AttachTarget, options: AttachOptions): Link {
    const { usdt } = target.kind === "usdt" ? this.collection : {};
    return this.#attacher.attach(program, target, { ...(usdt && { usdt }), ...options });
  }

  #valueCodec<V>(name: string, options: CodecOptions): Codec<V> {
    const { valueTypeId, valueSize } = this.#mapSpec(name);
    if (valueTypeId !== 0) return codecOf<V>(this.#btf(), valueTypeId, options);
    const isInteger = valueSize === 1 || valueSize === 2 || valueSize === 4 || valueSize === 8;
    return codecOfShape<V>(
      isInteger ? { kind: "int", size: valueSize, signed: false } : { kind: "bytes", size: valueSize, text: false },
      options,
    );
  }

  #mapSpec(name: string): MapSpec {
    const spec = this.#spec.maps.find((candidate) => candidate.name === name);
    if (spec === undefined) throw new TypeError(`object '${this.#spec.name}' has no map '${name}'`);
    return spec;
  }

  #btf(): BtfReader {
    return (this.#types ??= new BtfReader(this.#spec.btf));
  }
}

function describeUnplaced({ name, spec }: Program): string {
  return `program '${name}' (${spec.section ?? spec.type})`;
}

/** Loads an object into the kernel: types, maps, programs. All of it, or nothing. */
import { addStrings, BtfReader, sourceTexts } from "@sonde/bpf/btf";
import type { Btf } from "@sonde/bpf/btf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { createMap } from "../maps/create.ts";
import type { BpfMap } from "../maps/map.ts";
import { attachPoints } from "../programs/attach-point.ts";
import type { AttachPoint } from "../programs/attach-point.ts";
import { encodeProgram } from "../programs/encode.ts";
import type { ObjectBtf, ObjectContext } from "../programs/encode.ts";
import type { Vmlinux } from "../programs/kernel-types.ts";
import { load, loadAsync, prepareLoad } from "../programs/load.ts";
import type { Load } from "../programs/load.ts";
import { loadObjectBtf } from "../programs/object-btf.ts";
import type { LoadedBtf } from "../programs/object-btf.ts";
import { Program } from "../programs/program.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Collection } from "./collection.ts";

export interface LoadOptions {
  /** The running kernel's types; asked for only if a program needs them. */
  readonly vmlinux: Vmlinux;
}

/**
 * Errors: VerifierError, KernelError or UnsupportedFeatureError of the first step that failed; what
 * had been made until then is gone.
 */
export function loadCollection(kernel: Kernel, spec: ObjectSpec, options: LoadOptions): Collection {
  const loading = new Loading(kernel, spec, options);
  try {
    for (const step of loading.steps()) loading.loaded(step, load(kernel, step.load));
    return loading.finish();
  } catch (error) {
    loading.undo();
    throw error;
  }
}

/** Programs longer than this verify on another thread: shorter ones take less than handing them over. */
const LONG_PROGRAM = 4096 * 8;

/** {@link loadCollection} for those who must not be blocked by a program that verifies for seconds. */
export async function loadCollectionAsync(kernel: Kernel, spec: ObjectSpec, options: LoadOptions): Promise<Collection> {
  const loading = new Loading(kernel, spec, options);
  try {
    for (const step of loading.steps()) {
      const long = step.load.request.instructions.length > LONG_PROGRAM;
      loading.loaded(step, long ? await loadAsync(kernel, step.load) : load(kernel, step.load));
    }
    return loading.finish();
  } catch (error) {
    loading.undo();
    throw error;
  }
}

interface Step {
  readonly load: Load;
  readonly point: AttachPoint;
}

/** What both ways of loading share: everything but the wait for the verifier. */
class Loading {
  readonly #kernel: Kernel;
  readonly #spec: ObjectSpec;
  readonly #options: LoadOptions;
  readonly #maps = new Map<string, BpfMap>();
  readonly #programs: Program[] = [];
  readonly #poisoned: { program: string; reason: string }[] = [];
  #btf: LoadedBtf | undefined;

  constructor(kernel: Kernel, spec: ObjectSpec, options: LoadOptions) {
    this.#kernel = kernel;
    this.#spec = spec;
    this.#options = options;
  }

  /** Loads types and maps, then yields each program to be loaded. */
  *steps(): Generator<Step> {
    const object = this.#open();
    for (const program of this.#spec.programs) {
      const encoded = encodeProgram(program, object);
      for (const reason of encoded.poisoned.values()) this.#poisoned.push({ program: program.name, reason });
      for (const point of attachPoints(program)) {
        const prepared = prepareLoad(this.#kernel, encoded, point, object);
        try {
          yield { load: prepared, point };
        } finally {
          prepared.close();
        }
      }
    }
  }

  loaded({ load: { program }, point }: Step, fd: FileDescriptor): void {
    this.#programs.push(new Program(this.#kernel, program.spec, point.targets, fd));
  }

  finish(): Collection {
    // Programs and maps hold the types themselves.
    this.#btf?.fd.close();
    const types = this.#btf === undefined ? "none" : this.#btf.reduced ? "reduced" : "whole";
    return new Collection(this.#spec, this.#maps, this.#programs, { types, poisoned: this.#poisoned });
  }

  undo(): void {
    for (const program of this.#programs) program.close();
    for (const map of this.#maps.values()) map.close();
    this.#btf?.fd.close();
  }

  #open(): ObjectContext {
    const btf = this.#openBtf();
    for (const map of this.#spec.maps) this.#maps.set(map.name, createMap(this.#kernel, map, btf?.fd));
    return { license: this.#spec.license, mapFd: (map) => this.#mapFd(map), btf, vmlinux: this.#options.vmlinux };
  }

  /** The source lines of all programs go into the object's BTF before the kernel gets it: line info refers to them there. */
  #openBtf(): ObjectBtf | undefined {
    const { name, btf, programs } = this.#spec;
    if (btf.length === 0) return undefined;
    const texts = addStrings(
      btf,
      programs.flatMap(({ instructions }) => [...sourceTexts(instructions)]),
    );
    this.#btf = loadObjectBtf(this.#kernel, texts.btf, `object '${name}'`);
    let types: Btf | undefined;
    return { fd: this.#btf.fd.fd, stringOffset: texts.offset, types: () => (types ??= new BtfReader(btf)) };
  }

  #mapFd(name: string): number {
    const map = this.#maps.get(name);
    if (map === undefined)
      throw new Error(`object '${this.#spec.name}' refers to a map '${name}' that it does not define`);
    return map.fd;
  }
}

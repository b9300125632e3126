/** An object that is live in the kernel: its maps and programs, owned together. */
import { BtfReader } from "@sonde/bpf/btf";
import type { CodecOptions } from "@sonde/bpf/btf";
import type { AttachTarget, Manifest, ObjectSpec } from "@sonde/bpf/spec";
import { globalsOf } from "../maps/globals.ts";
import type { Globals } from "../maps/globals.ts";
import type { BpfMap } from "../maps/map.ts";
import type { Program } from "../programs/program.ts";
import type { Kernel } from "../sys/kernel.ts";
import { dataSectionOf } from "./data-section.ts";
import { StructOpsRegistration } from "./register-struct-ops.ts";
import type { Link } from "../links/link.ts";
import type { AttachOptions } from "../links/options.ts";
import { type UsdtSpecs, usdtSpecs } from "../links/usdt/specs.ts";

/** How loading went, for those who ask to be told. */
export interface LoadReport {
  /** Whether the kernel took the object's types as they are, or only without those it is too old for. */
  readonly types: "none" | "whole" | "reduced";
  /** Accesses that cannot work on this kernel; the program was loaded since they are never reached. */
  readonly poisoned: readonly PoisonedAccess[];
  /** One for each load, or for each program that was not loaded. */
  readonly programs: readonly ProgramOutcome[];
  /** What this kernel was too old for, and what was done instead. */
  readonly rewritten: readonly string[];
  /** Paths of maps that are pinned by their names and were not there before. A load that fails takes them back. */
  readonly pinned: readonly string[];
}

export interface PoisonedAccess {
  readonly program: string;
  readonly reason: string;
}

export interface ProgramOutcome {
  readonly name: string;
  readonly title: string;
  /** "failed" only where loading was told to keep going. */
  readonly state: "loaded" | "skipped" | "failed";
  /** Why it is not loaded; "" if it is. */
  readonly reason: string;
  readonly error?: Error;
}

/** Where a program is to be attached, and with what. */
export interface CollectionPlace {
  readonly program: Program;
  readonly target: AttachTarget;
  readonly options?: AttachOptions;
}

export class Collection {
  readonly name: string;
  readonly manifest: Manifest;
  readonly report: LoadReport;
  /** All loads, in the order of the object's programs; one specification may have several. */
  readonly programs: readonly Program[];
  readonly #spec: ObjectSpec;
  readonly #maps: ReadonlyMap<string, BpfMap>;
  readonly #structOps: ReadonlyMap<string, StructOpsRegistration>;
  #types: BtfReader | undefined;
  #usdt: UsdtSpecs | undefined;

  /** Takes maps and programs over. `structOps` are the values to register, by map. */
  constructor(
    kernel: Kernel,
    spec: ObjectSpec,
    maps: ReadonlyMap<string, BpfMap>,
    programs: readonly Program[],
    structOps: ReadonlyMap<string, Uint8Array>,
    report: LoadReport,
  ) {
    this.name = spec.name;
    this.manifest = spec.manifest;
    this.report = report;
    this.programs = programs;
    this.#spec = spec;
    this.#maps = maps;
    this.#structOps = new Map(
      Array.from(structOps, ([name, value]) => [name, new StructOpsRegistration(kernel, this.map(name), value)]),
    );
  }

  get maps(): Iterable<BpfMap> {
    return this.#maps.values();
  }

  /** The object's own BTF, by which maps, globals and records are read; undefined if it has none. */
  types(): BtfReader | undefined {
    return this.#spec.btf.length === 0 ? undefined : (this.#types ??= new BtfReader(this.#spec.btf));
  }

  /** Throws if the object has no map of this name. */
  map(name: string): BpfMap {
    const map = this.#maps.get(name);
    if (map === undefined)
      throw new Error(
        `object '${this.name}' has no map '${name}': it has ${[...this.#maps.keys()].join(", ") || "none"}`,
      );
    return map;
  }

  /** The first load of the program of this name; throws if there is none. */
  program(name: string): Program {
    const program = this.programs.find((candidate) => candidate.name === name);
    if (program !== undefined) return program;
    const outcome = this.report.programs.find((candidate) => candidate.name === name);
    throw new Error(
      outcome === undefined
        ? `object '${this.name}' has no program '${name}': it has ${this.programs.map((each) => each.name).join(", ") || "none"}`
        : `program '${name}' of object '${this.name}' was not loaded: ${outcome.reason}`,
    );
  }

  /**
   * The global variables of a section (".data", ".bss", ".rodata.str1"; the dot may be left out) or of the
   * arena of this name, as properties of an object: see globalsOf. Throws if the object has no such section.
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what the variables are
  globals<T = Globals>(section: string, options: CodecOptions = {}): T {
    const { map, typeId } = dataSectionOf(this.#spec, section);
    return globalsOf<T>(this.map(map.name), this.types() ?? new BtfReader(this.#spec.btf), typeId, options);
  }

  /**
   * Registers a struct_ops map with the kernel: from now on it may be chosen there (a congestion
   * control by its name) or is in force (a scheduler), until the link is closed.
   *
   * Errors: KernelError: EEXIST for a name that is taken, EINVAL for a struct that the kernel refuses.
   */
  register(map: string): Link {
    const registration = this.#structOps.get(map);
    if (registration === undefined)
      throw new TypeError(
        `object '${this.name}' has no struct_ops map '${map}': it has ${[...this.#structOps.keys()].join(", ") || "none"}`,
      );
    return registration.register();
  }

  /** By the map's name, what {@link register} puts in force, with the programs that are its functions. */
  *structOps(): Generator<{
    readonly name: string;
    readonly registration: StructOpsRegistration;
    readonly programs: readonly Program[];
  }> {
    for (const [name, registration] of this.#structOps) {
      const functions = this.#spec.maps.find((map) => map.name === name)?.references ?? [];
      const programs = this.programs.filter((program) => functions.some((each) => each.name === program.name));
      yield { name, registration, programs };
    }
  }

  /** Every place to attach to, with the load that is for it. Targets of kind "run" are to be run instead. */
  *attachments(): Generator<CollectionPlace> {
    for (const program of this.programs)
      for (const target of program.targets) {
        const usdt = target.kind === "usdt" ? this.usdt : undefined;
        yield { program, target, ...(usdt && { options: { usdt } }) };
      }
  }

  /** The table of usdt probes' arguments, for objects that read them: one for all links of the collection. */
  get usdt(): UsdtSpecs | undefined {
    return (this.#usdt ??= usdtSpecs({ maps: this.#maps.values(), types: () => this.types() }));
  }

  close(): void {
    for (const program of this.programs) program.close();
    for (const map of this.#maps.values()) map.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

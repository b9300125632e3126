/** An object that is live in the kernel: its maps and programs, owned together. */
import type { AttachTarget, Manifest, ObjectSpec } from "@sonde/bpf/spec";
import type { BpfMap } from "../maps/map.ts";
import type { Program } from "../programs/program.ts";

/** How loading went, for those who ask to be told. */
export interface LoadReport {
  /** Whether the kernel took the object's types as they are, or only without those it is too old for. */
  readonly types: "none" | "whole" | "reduced";
  /** Accesses that cannot work on this kernel; the program was loaded since they are never reached. */
  readonly poisoned: readonly { readonly program: string; readonly reason: string }[];
}

export class Collection {
  readonly name: string;
  readonly manifest: Manifest;
  readonly report: LoadReport;
  readonly #maps: ReadonlyMap<string, BpfMap>;
  /** All loads, in the order of the object's programs; one specification may have several. */
  readonly programs: readonly Program[];

  /** Takes maps and programs over. */
  constructor(
    spec: Pick<ObjectSpec, "name" | "manifest">,
    maps: ReadonlyMap<string, BpfMap>,
    programs: readonly Program[],
    report: LoadReport,
  ) {
    this.name = spec.name;
    this.manifest = spec.manifest;
    this.report = report;
    this.#maps = maps;
    this.programs = programs;
  }

  get maps(): Iterable<BpfMap> {
    return this.#maps.values();
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
    if (program === undefined) throw new Error(`object '${this.name}' has no program '${name}'`);
    return program;
  }

  /** Every place to attach to, with the load that is for it. Targets of kind "run" are to be run instead. */
  *attachments(): Generator<{ readonly program: Program; readonly target: AttachTarget }> {
    for (const program of this.programs) for (const target of program.targets) yield { program, target };
  }

  close(): void {
    for (const program of this.programs) program.close();
    for (const map of this.#maps.values()) map.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

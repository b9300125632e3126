/**
 * Types of the programs that are traced, from their debugging information. They stand beside the script's
 * own and the kernel's under ids of their own, and are read when they are asked for.
 */
import type { Btf, BtfKind, BtfType, TypeId } from "@sonde/bpf/btf";
import { DwarfError, DwarfTypes, type Dwarf } from "@sonde/bpf/dwarf";
import type { Target, UserDebugInfo } from "@sonde/bpf/spec";
import type { Provider, Script } from "../ast.ts";
import { withTypes, type Definitions } from "../c/definitions.ts";
import type { Enumerator } from "./constants.ts";

/** More types than BTF can number. */
const FIRST_PROGRAM_TYPE: TypeId = 1 << 24;

/** The definitions with the types of programs among them, if the script has probes in any. */
export function withPrograms(definitions: Definitions, script: Script): Definitions {
  const { target, firstOwnType } = definitions;
  const hasPrograms = script.probes.some(({ points }) => points.some(({ provider }) => USER_PROVIDERS.has(provider)));
  if (!hasPrograms || target.facts === undefined) return definitions;
  const programTypes = new ProgramTypes(target, firstOwnType);
  return {
    ...definitions,
    target: withTypes(target, programTypes),
    firstOwnType: Math.min(firstOwnType, FIRST_PROGRAM_TYPE),
    programTypes,
  };
}

const USER_PROVIDERS: ReadonlySet<Provider> = new Set(["uprobe", "uretprobe", "usdt"]);

/** All types: those below FIRST_PROGRAM_TYPE are the script's and the kernel's. */
export class ProgramTypes implements Btf {
  readonly made: DwarfTypes = new DwarfTypes(FIRST_PROGRAM_TYPE);
  /** Types with this id or a higher one are the script's, up to those of programs. */
  readonly firstScriptType: TypeId;
  readonly #target: Target;

  constructor(target: Target, firstScriptType: TypeId) {
    this.#target = target;
    this.firstScriptType = firstScriptType;
  }

  get size(): number {
    return this.#target.btf?.size ?? 1;
  }

  type(id: TypeId): BtfType {
    if (id < FIRST_PROGRAM_TYPE) return this.#target.btf?.type(id) ?? { kind: "void", id: 0 };
    try {
      return this.made.type(id);
    } catch (error) {
      // A damaged file has no such type, as far as a script is concerned.
      if (error instanceof DwarfError) return { kind: "fwd", id, name: "(damaged)", union: false };
      throw error;
    }
  }

  find(name: string, kind: BtfKind): readonly TypeId[] {
    return this.#target.btf?.find(name, kind) ?? [];
  }

  ids(kind: BtfKind): Iterable<TypeId> {
    return this.#target.btf?.ids(kind) ?? [];
  }

  names(kind: BtfKind): Iterable<string> {
    return this.#target.btf?.names(kind) ?? [];
  }
}

/** A program or library, and the place in it that a probe is at. */
export class TracedProgram {
  readonly path: string;
  readonly #types: ProgramTypes;
  readonly #target: Target;
  readonly #place: { readonly symbol?: string; readonly address?: number };

  /** @param place names are meant as in the source around it */
  constructor(
    types: ProgramTypes,
    target: Target,
    path: string,
    place: { readonly symbol?: string; readonly address?: number },
  ) {
    this.path = path;
    this.#types = types;
    this.#target = target;
    this.#place = place;
  }

  get debug(): UserDebugInfo | undefined {
    return this.#target.facts?.debugInfo(this.path);
  }

  /** Of the place, by the file's symbols. */
  get address(): number | undefined {
    const { symbol, address } = this.#place;
    if (symbol === undefined) return address;
    const found = this.#target.facts?.userSymbol(this.path, symbol);
    return found && Number(found.address);
  }

  /** The type of a name; undefined where the program has none. */
  find(name: string, kind: BtfKind): TypeId | undefined {
    return this.#ask(({ dwarf }) => this.#types.made.named(dwarf.file, name, kind, this.#unit(dwarf)));
  }

  /** A constant of an enum, among those that the source at the place knows. */
  enumerator(name: string): Enumerator | undefined {
    return this.#ask(({ dwarf }) => {
      const unit = this.#unit(dwarf);
      return unit && this.#types.made.enumerator(unit, name);
    });
  }

  #unit(dwarf: Dwarf): ReturnType<Dwarf["unitAt"]> {
    const { address } = this;
    return address === undefined ? undefined : dwarf.unitAt(address);
  }

  /** Where debugging information is damaged, names are as unknown as where there is none. */
  #ask<T>(question: (debug: UserDebugInfo) => T | undefined): T | undefined {
    try {
      const { debug } = this;
      return debug && question(debug);
    } catch (error) {
      if (error instanceof DwarfError) return undefined;
      throw error;
    }
  }
}

/** All types, names being those of a program first, unless the script itself defines them. */
export function namesOf(types: ProgramTypes, program: TracedProgram): Btf {
  return {
    size: types.size,
    type: (id) => types.type(id),
    ids: (kind) => types.ids(kind),
    names: (kind) => types.names(kind),
    find(name, kind) {
      const known = types.find(name, kind);
      if ((known[0] ?? 0) >= types.firstScriptType) return known;
      const own = program.find(name, kind);
      return own === undefined ? known : [own];
    },
  };
}

/**
 * Settings of an object before it is loaded. An ObjectSpec never changes: an editor holds copies of its
 * maps, programs and global variables, and makes another ObjectSpec of them.
 *
 *     const object = openObject(readObject(bytes));
 *     object.map("events").maxEntries = 1 << 20;
 *     object.program("on_exit").autoload = false;
 *     object.globals<{ target_pid: number }>(".rodata").target_pid = 42;
 *     using collection = loadCollection(kernel, object.spec(), { vmlinux });
 */
import { BtfReader, codecOfShape, shapeOf } from "@sonde/bpf/btf";
import type { BtfValue, Codec, CodecOptions, ShapeField } from "@sonde/bpf/btf";
import { requireLittleEndian } from "@sonde/bpf/spec";
import type { MapSpec, ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";
import { dataSectionOf } from "./data-section.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What may be changed of a map. */
export type MapEditor = Pick<
  Mutable<MapSpec>,
  | "type"
  | "keySize"
  | "valueSize"
  | "maxEntries"
  | "flags"
  | "extra"
  | "numaNode"
  | "pinning"
  | "inner"
  | "autocreate"
  | "data"
>;

/** What may be changed of a program. Its `attach` targets may be other functions, other devices, more of them. */
export type ProgramEditor = Pick<Mutable<ProgramSpec>, "type" | "attach" | "attachType" | "flags" | "autoload">;

export function openObject(spec: ObjectSpec): ObjectEditor {
  return new ObjectEditor(spec);
}

export class ObjectEditor {
  readonly #spec: ObjectSpec;
  readonly #maps: ReadonlyMap<string, Mutable<MapSpec>>;
  readonly #programs: ReadonlyMap<string, Mutable<ProgramSpec>>;
  #types: BtfReader | undefined;

  constructor(spec: ObjectSpec) {
    this.#spec = spec;
    this.#maps = new Map(spec.maps.map((map) => [map.name, { ...map }]));
    this.#programs = new Map(spec.programs.map((program) => [program.name, { ...program }]));
  }

  /** Throws if the object has no map of this name. */
  map(name: string): MapEditor {
    return found(this.#maps, name, "map", this.#spec);
  }

  /** Throws if the object has no program of this name. */
  program(name: string): ProgramEditor {
    return found(this.#programs, name, "program", this.#spec);
  }

  /**
   * First values of the global variables of a section (".rodata", or "rodata"), as properties of an
   * object; they are of the kinds that codecOf tells. Throws if the object has no such section.
   *
   * Errors of writing: CodecError for a value that the variable's type does not hold.
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what the variables are
  globals<T = Record<string, BtfValue>>(section: string, options: CodecOptions = {}): T {
    requireLittleEndian(this.#spec, "given values");
    const { map, typeId } = dataSectionOf(this.#spec, section);
    this.#types ??= new BtfReader(this.#spec.btf);
    const shape = shapeOf(this.#types, typeId);
    if (shape.kind !== "record")
      throw new TypeError(`section '${map.name}' of object '${this.#spec.name}' has no variables`);
    const draft = found(this.#maps, map.name, "map", this.#spec);
    const bytes = sized(draft.data ?? new Uint8Array(0), draft);
    draft.data = bytes;
    const globals = {};
    for (const field of shape.fields)
      Object.defineProperty(globals, field.name, property(field, new DataView(bytes.buffer), options));
    return Object.seal(globals) as T;
  }

  /** The object as it is now; later changes do not reach it. */
  spec(): ObjectSpec {
    return {
      ...this.#spec,
      maps: Array.from(this.#maps.values(), (map) =>
        map.data === undefined ? { ...map } : { ...map, data: sized(map.data, map) },
      ),
      programs: Array.from(this.#programs.values(), (program) => ({ ...program })),
    };
  }
}

function found<T>(items: ReadonlyMap<string, T>, name: string, kind: string, { name: object }: ObjectSpec): T {
  const item = items.get(name);
  if (item === undefined)
    throw new TypeError(
      `object '${object}' has no ${kind} '${name}': it has ${[...items.keys()].join(", ") || "none"}`,
    );
  return item;
}

function property({ offset, shape }: ShapeField, view: DataView, options: CodecOptions): PropertyDescriptor {
  let made: Codec | undefined;
  const codec = (): Codec => (made ??= codecOfShape(shape, options));
  return {
    enumerable: true,
    get: () => codec().read(view, offset),
    set: (value: BtfValue) => codec().write(view, offset, value),
  };
}

/** A copy, as long as the map's value; that of struct_ops is the object's own struct, that of arenas their first bytes. */
function sized(data: Uint8Array, { valueSize, type }: MapSpec): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(type === "struct_ops" || type === "arena" ? data.length : valueSize);
  bytes.set(data.subarray(0, bytes.length));
  return bytes;
}

/**
 * Tells programs that use libbpf's usdt.bpf.h where a probe's arguments are: one entry for each
 * different place, in the object's map `__bpf_usdt_specs`. The program gets the entry's key as its
 * cookie; before Linux 5.15 it looks its own address up in `__bpf_usdt_ip_to_spec_id`.
 *
 * An entry is a `struct __bpf_usdt_spec`. Its layout is the object's, which changed in libbpf 1.7: its
 * members are written by their names.
 */
import { type Btf, type Codec, codecOf } from "@sonde/bpf/btf";
import type { BpfMap } from "../../maps/map.ts";
import type { UsdtArgument } from "./arguments.ts";

const SPECS_MAP = "__bpf_usdt_specs";
const ADDRESSES_MAP = "__bpf_usdt_ip_to_spec_id";
const MOST_ARGUMENTS = 12;

/** enum __bpf_usdt_arg_type; the last one came with libbpf 1.7. */
const Kind = { CONST: 0, REG: 1, REG_DEREF: 2, SIB: 3 } as const;

/** struct __bpf_usdt_spec */
interface Spec {
  readonly args: readonly ArgumentSpec[];
  readonly usdt_cookie: bigint;
  readonly arg_cnt: number;
}

/** struct __bpf_usdt_arg_spec */
interface ArgumentSpec {
  readonly arg_type: number;
  /** The constant, or the offset from what the registers say. */
  readonly val_off: bigint;
  /** Bytes into struct pt_regs. */
  readonly reg_off?: number;
  readonly idx_reg_off?: number;
  readonly scale_bitshift?: number;
  readonly arg_signed: boolean;
  /** How far the value is shifted up and down again, to have its size and sign. */
  readonly arg_bitshift: number;
}

/** Entries are never taken back, since links may share them: a table serves as many different places as its map has entries. */
export class UsdtSpecs {
  readonly #map: BpfMap;
  readonly #addresses: BpfMap | undefined;
  readonly #codec: Codec<Spec>;
  readonly #knowsIndices: boolean;
  readonly #ids = new Map<string, number>();

  /**
   * The maps are used, not taken over; `types` are the object's. `addresses` is for kernels before 5.15.
   * Throws TypeError if the types have no struct __bpf_usdt_spec, or not that of `map`.
   */
  constructor(map: BpfMap, types: Btf, addresses?: BpfMap) {
    const id = types.find("__bpf_usdt_spec", "struct")[0];
    this.#map = map;
    this.#addresses = addresses;
    if (id === undefined) throw new TypeError(`${map.subject} has no struct __bpf_usdt_spec among its object's types`);
    this.#codec = codecOf<Spec>(types, id);
    if (map.layout.valueSize !== this.#codec.size)
      throw new TypeError(
        `${map.subject} has values of ${map.layout.valueSize} bytes, and its object's struct __bpf_usdt_spec has ${this.#codec.size}`,
      );
    this.#knowsIndices = hasIndices(types);
    this.#readEntries();
  }

  /** The key of an entry that says this. Throws RangeError where the map is full, TypeError for an argument that an entry cannot say. */
  idOf(places: readonly UsdtArgument[], cookie: bigint): number {
    const value = this.#encode(places, cookie);
    const key = Buffer.from(value).toString("latin1");
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    if (id >= this.#map.maxEntries) {
      throw new RangeError(
        `${this.#map.subject} has room for ${this.#map.maxEntries} places of probes: load the object with more entries`,
      );
    }
    this.#map.update(new Uint8Array(Uint32Array.of(id).buffer), value);
    this.#ids.set(key, id);
    return id;
  }

  /**
   * Makes `id` the entry of the probe at an address. All programs of the object have the same one there:
   * that of the last to be attached. Throws TypeError if the object has no map for it.
   */
  setAt(address: bigint, id: number): void {
    if (this.#addresses === undefined)
      throw new TypeError(`the object has no map ${ADDRESSES_MAP}, which programs need on kernels before 5.15`);
    this.#addresses.update(
      new Uint8Array(BigUint64Array.of(address).buffer),
      new Uint8Array(Uint32Array.of(id).buffer),
    );
  }

  /** A map that goes on from one version of an object to the next has entries already. */
  #readEntries(): void {
    for (let id = 0; id < this.#map.maxEntries; id++) {
      const value = this.#map.lookup(new Uint8Array(Uint32Array.of(id).buffer));
      if (value === undefined || value.every((byte) => byte === 0)) return;
      this.#ids.set(Buffer.from(value).toString("latin1"), id);
    }
  }

  #encode(places: readonly UsdtArgument[], cookie: bigint): Uint8Array {
    if (places.length > MOST_ARGUMENTS)
      throw new RangeError(`a usdt probe has ${places.length} arguments; usdt.bpf.h has room for ${MOST_ARGUMENTS}`);
    if (!this.#knowsIndices && places.some(({ place }) => "index" in place))
      throw new TypeError(
        "an argument of a usdt probe is at an indexed address, which the object cannot read: compile it with the usdt.bpf.h of libbpf 1.7 or later",
      );
    const bytes = new Uint8Array(this.#codec.size);
    const spec = { args: places.map(argumentSpec), usdt_cookie: cookie, arg_cnt: places.length };
    this.#codec.write(new DataView(bytes.buffer), 0, spec);
    return bytes;
  }
}

/** What is looked at of a collection. */
export interface UsdtObject {
  readonly maps: Iterable<BpfMap>;
  types(): Btf | undefined;
}

/**
 * The table of a loaded object, for all the programs in it: make one only, since it counts what it has
 * given out. Undefined for objects that read no arguments.
 */
export function usdtSpecs(object: UsdtObject): UsdtSpecs | undefined {
  const byName = new Map(Array.from(object.maps, (map) => [map.name, map]));
  const specs = byName.get(SPECS_MAP);
  const types = specs && object.types();
  return specs && types && new UsdtSpecs(specs, types, byName.get(ADDRESSES_MAP));
}

function hasIndices(types: Btf): boolean {
  const id = types.find("__bpf_usdt_arg_type", "enum")[0];
  const kinds = id === undefined ? undefined : types.type(id);
  return kinds?.kind === "enum" && kinds.values.some(({ name }) => name === "BPF_USDT_ARG_SIB");
}

function argumentSpec({ size, signed, place }: UsdtArgument): ArgumentSpec {
  const common = { arg_signed: signed, arg_bitshift: 64 - size * 8 };
  switch (place.kind) {
    case "constant":
      return { ...common, arg_type: Kind.CONST, val_off: BigInt.asUintN(64, place.value) };
    case "register":
      return { ...common, arg_type: Kind.REG, val_off: 0n, reg_off: place.register };
    case "memory": {
      const { register, offset, index, scale = 1 } = place;
      const memory = { ...common, val_off: BigInt.asUintN(64, offset), reg_off: register };
      return index === undefined
        ? { ...memory, arg_type: Kind.REG_DEREF }
        : { ...memory, arg_type: Kind.SIB, idx_reg_off: index, scale_bitshift: Math.log2(scale) };
    }
  }
}

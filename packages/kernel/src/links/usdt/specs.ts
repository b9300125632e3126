/**
 * Tells programs that use libbpf's usdt.bpf.h where a probe's arguments are: one entry for each
 * different place, in the object's map `__bpf_usdt_specs`, whose key the program gets as its cookie.
 *
 *     0 args[12]: 0 value or offset (u64)   8 kind (enum)   12 register's offset (i16)   14 signed (bool)   15 shift (u8)
 *   192 the user's cookie (u64)   200 number of arguments (i16)
 */
import type { BpfMap } from "../../maps/map.ts";
import type { UsdtArgument } from "./arguments.ts";

const MOST_ARGUMENTS = 12;
const ARGUMENT_BYTES = 16;
const COOKIE_AT = MOST_ARGUMENTS * ARGUMENT_BYTES;
const SPEC_BYTES = COOKIE_AT + 16;
const SPECS_MAP = "__bpf_usdt_specs";

const Kind = { CONSTANT: 0, REGISTER: 1, MEMORY: 2 } as const;

/** Entries are never taken back, since links may share them: a table serves as many different places as its map has entries. */
export class UsdtSpecs {
  readonly #map: BpfMap;
  readonly #ids = new Map<string, number>();

  /** The map is used, not taken over. Throws TypeError if it is no table of specs. */
  constructor(map: BpfMap) {
    if (map.layout.valueSize !== SPEC_BYTES) {
      throw new TypeError(
        `${map.subject} has values of ${map.layout.valueSize} bytes, and libbpf's usdt.bpf.h makes them of ${SPEC_BYTES}`,
      );
    }
    this.#map = map;
  }

  /** The key of an entry that says this. Throws RangeError where the map is full, TypeError for an argument that an entry cannot say. */
  idOf(places: readonly UsdtArgument[], cookie: bigint): number {
    const value = specBytes(places, cookie);
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
}

/** The table of a loaded object, for the programs in it; undefined for objects that read no arguments. */
export function usdtSpecs(collection: { readonly maps: Iterable<BpfMap> }): UsdtSpecs | undefined {
  for (const map of collection.maps) if (map.name === SPECS_MAP) return new UsdtSpecs(map);
  return undefined;
}

function specBytes(places: readonly UsdtArgument[], cookie: bigint): Uint8Array {
  if (places.length > MOST_ARGUMENTS)
    throw new RangeError(`a usdt probe has ${places.length} arguments; usdt.bpf.h has room for ${MOST_ARGUMENTS}`);
  const bytes = new Uint8Array(SPEC_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, argument] of places.entries()) writeArgument(view, index * ARGUMENT_BYTES, argument);
  view.setBigUint64(COOKIE_AT, cookie, true);
  view.setInt16(COOKIE_AT + 8, places.length, true);
  return bytes;
}

function writeArgument(view: DataView, at: number, { size, signed, place }: UsdtArgument): void {
  switch (place.kind) {
    case "constant":
      view.setBigInt64(at, place.value, true);
      view.setUint32(at + 8, Kind.CONSTANT, true);
      break;
    case "register":
      view.setUint32(at + 8, Kind.REGISTER, true);
      view.setInt16(at + 12, place.register, true);
      break;
    case "memory":
      if (place.index !== undefined)
        throw new TypeError("an argument of a usdt probe is at an indexed address, for which usdt.bpf.h has no form");
      view.setBigInt64(at, place.offset, true);
      view.setUint32(at + 8, Kind.MEMORY, true);
      view.setInt16(at + 12, place.register, true);
      break;
  }
  view.setUint8(at + 14, signed ? 1 : 0);
  view.setUint8(at + 15, 64 - size * 8);
}

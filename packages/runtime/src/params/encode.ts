import type { ObjectSpec, ParamView } from "@sonde/bpf/spec";
import type { ParamValue } from "./check.ts";
import { withPlaces } from "./places.ts";

/** A checked value as it lies in the data section, in the machine's byte order. */
export function encodeParam(type: ParamView["type"], value: ParamValue): Uint8Array {
  const bytes = new Uint8Array(type.size);
  if (type.kind === "string") Buffer.from(String(value)).copy(bytes);
  else if (type.kind === "bool") bytes[0] = value === true ? 1 : 0;
  else {
    const whole = new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
    bytes.set(whole.subarray(0, type.size));
  }
  return bytes;
}

/**
 * The same object with other initial values: what it starts with when it is loaded, and where it is attached.
 * @param values checked ones, by the parameter's name
 */
export function withParams(spec: ObjectSpec, values: ReadonlyMap<string, ParamValue>): ObjectSpec {
  const params = (spec.manifest.monitor?.params ?? []).filter(({ name }) => values.has(name));
  const maps = spec.maps.map((map) => {
    const own = params.filter((param) => param.map === map.name);
    if (own.length === 0) return map;
    const data = new Uint8Array(map.valueSize);
    if (map.data !== undefined) data.set(map.data);
    for (const { name, offset, type } of own) data.set(encodeParam(type, values.get(name)!), offset);
    return { ...map, data };
  });
  return withPlaces({ ...spec, maps }, values);
}

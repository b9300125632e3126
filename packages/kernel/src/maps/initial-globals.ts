/** Global variables of an object that is not loaded yet. */
import { BtfReader, codecOfShape, shapeOf } from "@sonde/bpf/btf";
import type { BtfValue } from "@sonde/bpf/btf";
import { requireLittleEndian } from "@sonde/bpf/spec";
import type { MapSpec, ObjectSpec } from "@sonde/bpf/spec";

/**
 * The object with other first values for some of its global variables, whichever data sections (`.rodata`,
 * `.data`, `.bss`) they are in: the only time that constants can be set. Values are those of codecOf.
 *
 *     withGlobals(spec, { target_pid: 42, verbose: true })
 *
 * Errors: TypeError for a variable that the object does not have, CodecError for a value that does not fit.
 */
export function withGlobals(spec: ObjectSpec, values: Readonly<Record<string, BtfValue>>): ObjectSpec {
  requireLittleEndian(spec, "given values");
  const btf = new BtfReader(spec.btf);
  const known: string[] = [];
  const written = new Set<string>();
  const maps = spec.maps.map((map) => {
    const typeId = map.dataTypeId ?? map.valueTypeId;
    const shape = typeId > 0 && btf.type(typeId).kind === "datasec" ? shapeOf(btf, typeId) : undefined;
    if (shape?.kind !== "record") return map;
    const fields = shape.fields.filter(({ name }) => Object.hasOwn(values, name));
    for (const { name } of shape.fields) known.push(name);
    if (fields.length === 0) return map;
    const data = firstContent(map);
    const view = new DataView(data.buffer);
    for (const field of fields) {
      const { name, offset, shape: of } = field;
      // As a struct of its own, so that errors name the variable.
      const alone = codecOfShape({ kind: "record", size: of.size, fields: [{ ...field, offset: 0 }] });
      alone.write(view, offset, { [name]: values[name]! });
      written.add(name);
    }
    return { ...map, data };
  });
  const unknown = Object.keys(values).filter((name) => !written.has(name));
  if (unknown.length > 0)
    throw new TypeError(
      `object '${spec.name}' has no global variable ${unknown.join(", ")}: it has ${known.join(", ") || "none"}`,
    );
  return { ...spec, maps };
}

/** `.bss` has none: it begins as zeros. */
function firstContent({ type, data, valueSize }: MapSpec): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(type === "arena" ? (data?.length ?? 0) : valueSize);
  if (data !== undefined) content.set(data);
  return content;
}

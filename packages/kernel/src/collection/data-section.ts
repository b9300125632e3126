/** Sections of global variables: their maps, and the types that say which variables they hold. An arena's variables are a section of its name. */
import type { MapSpec, ObjectSpec } from "@sonde/bpf/spec";

export interface DataSection {
  readonly map: MapSpec;
  /** The DATASEC in the object's BTF. */
  readonly typeId: number;
}

/** Finds ".data" also as "data". Throws TypeError if the object has no such section, or no types for it. */
export function dataSectionOf(spec: Pick<ObjectSpec, "name" | "maps">, section: string): DataSection {
  const sections = spec.maps.filter(({ name, dataTypeId }) => name.startsWith(".") || dataTypeId !== undefined);
  const map = sections.find(({ name }) => name === section || name === `.${section}`);
  if (map === undefined) {
    throw new TypeError(
      `object '${spec.name}' has no section '${section}': it has ${sections.map(({ name }) => name).join(", ") || "none"}`,
    );
  }
  const typeId = map.dataTypeId ?? map.valueTypeId;
  if (typeId === 0)
    throw new TypeError(`section '${map.name}' of object '${spec.name}' has no types: compile it with -g`);
  return { map, typeId };
}

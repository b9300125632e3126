/** Maps as libbpf reads them: defined by BTF in `.maps`, as global data, as `.struct_ops`. */
import type { TypeId } from "../../btf/btf.ts";
import { sizeOf } from "../../btf/members.ts";
import type { ExternSpec, MapSpec, ObjectSpec } from "../../spec/spec.ts";
import { ElfError } from "../errors.ts";
import { dataKind, SectionName } from "../format.ts";
import { MapFlag, mapTypeNumber } from "../map-types.ts";
import { mapDefinition } from "../read/map-definition.ts";
import type { BtfExtension } from "./extend-btf.ts";

/** One section of maps and where each of them lies in it. */
export interface MapSection {
  readonly name: string;
  readonly size: number;
  readonly maps: readonly PlacedMap[];
}

export interface PlacedMap {
  readonly spec: MapSpec;
  readonly offset: number;
  readonly size: number;
  /** Bytes from `offset` at which references to maps or programs begin. */
  readonly referencesAt: number;
}

/** How the maps of an object are written. */
export interface MapPlan {
  /** Data sections by the names of their maps. */
  readonly data: ReadonlyMap<string, string>;
  readonly sections: readonly MapSection[];
}

const POINTER_BYTES = 8;

/** Describes in `btf` what is not described there yet. */
export function planMaps(spec: ObjectSpec, btf: BtfExtension): MapPlan {
  const addressed = new Set(
    spec.programs.flatMap(({ instructions }) =>
      instructions.flatMap(({ ref }) => (ref?.kind === "mapValue" ? [ref.map] : [])),
    ),
  );
  const data = new Map<string, string>();
  const defined: MapSpec[] = [];
  const structOps = new Map<string, MapSpec[]>();
  for (const map of spec.maps) {
    if (map.name === SectionName.KCONFIG) continue;
    if (map.type === "struct_ops") {
      const section = `${map.autocreate === false ? "?" : ""}.struct_ops${(map.flags & MapFlag.LINK) === 0 ? "" : ".link"}`;
      structOps.set(section, [...(structOps.get(section) ?? []), map]);
    } else if (map.type === "arena") {
      defined.push(map);
      if (map.data !== undefined) data.set(map.name, SectionName.ARENA);
    } else if (map.data !== undefined || addressed.has(map.name) || dataKind(map.name) !== undefined) {
      data.set(map.name, dataSection(map));
    } else {
      defined.push(map);
    }
  }
  const sections = [...structOps].map(([name, maps]) => section(btf, name, maps, structOpsMap));
  if (defined.length > 0) sections.unshift(section(btf, SectionName.MAPS, defined, definedMap));
  return { data, sections };
}

/** The section whose bytes a map's value is. */
function dataSection(map: MapSpec): string {
  if (map.type !== "array" || map.maxEntries !== 1 || map.keySize !== 4) {
    throw new ElfError(
      `map '${map.name}' (${map.type}, ${map.maxEntries} entries) has content or is addressed by programs, which only an array of one entry can be`,
    );
  }
  if (dataKind(map.name) !== undefined) return map.name;
  // Not `.bss`, of which libbpf knows only one.
  return `.${(map.flags & MapFlag.RDONLY_PROG) === 0 ? "data" : "rodata"}.${map.name}`;
}

interface Described {
  readonly type: TypeId;
  readonly size: number;
  readonly referencesAt: number;
}

type Describe = (
  btf: BtfExtension,
  map: MapSpec,
) => { readonly matches: (type: TypeId, size: number) => boolean; readonly describe: () => Described };

/** As the BTF has it if it says the same; else anew. */
function section(btf: BtfExtension, name: string, maps: readonly MapSpec[], describe: Describe): MapSection {
  const present = presentMaps(btf, name, maps, describe);
  if (present !== undefined) return present;
  let end = 0;
  const placed = maps.map((spec) => {
    const { type, size, referencesAt } = describe(btf, spec).describe();
    const offset = end;
    end += Math.ceil(size / POINTER_BYTES) * POINTER_BYTES;
    return { spec, offset, size, referencesAt, type };
  });
  btf.datasec(
    name,
    end,
    placed.map(({ spec, type, offset, size }) => ({ type: btf.variable(spec.name, type), offset, size })),
  );
  return { name, size: end, maps: placed };
}

function presentMaps(
  btf: BtfExtension,
  name: string,
  maps: readonly MapSpec[],
  describe: Describe,
): MapSection | undefined {
  const { before } = btf;
  const id = before.find(name, "datasec")[0];
  const datasec = id === undefined ? undefined : before.type(id);
  if (datasec?.kind !== "datasec" || datasec.variables.length !== maps.length) return undefined;
  const byName = new Map(maps.map((map): [string, MapSpec] => [map.name, map]));
  const placed: PlacedMap[] = [];
  for (const { type, offset, size } of datasec.variables) {
    const variable = before.type(type);
    const spec = variable.kind === "var" ? byName.get(variable.name) : undefined;
    if (spec === undefined || variable.kind !== "var" || !describe(btf, spec).matches(variable.type, size))
      return undefined;
    placed.push({
      spec,
      offset,
      size,
      referencesAt:
        spec.type === "struct_ops" ? 0 : (mapDefinition(before, variable.type, spec.name, name).valuesAt ?? 0),
    });
  }
  return { name, size: datasec.size, maps: placed };
}

const structOpsMap: Describe = (_, map) => ({
  matches: (type) => type === map.valueTypeId,
  describe: () => ({ type: map.valueTypeId, size: map.valueSize, referencesAt: 0 }),
});

const definedMap: Describe = (btf, map) => ({
  matches: (type, size) => {
    const { spec, valuesAt } = mapDefinition(btf.before, type, map.name, SectionName.MAPS);
    const room = valuesAt === undefined ? 0 : (size - valuesAt) / POINTER_BYTES;
    return sameDefinition({ name: map.name, ...spec }, map) && (map.references ?? []).every(({ at }) => at < room);
  },
  describe: () => defineMap(btf, map),
});

function sameDefinition(a: MapSpec, b: MapSpec): boolean {
  const key = ({
    type,
    keySize,
    valueSize,
    maxEntries,
    flags,
    keyTypeId,
    valueTypeId,
    extra = 0n,
    numaNode = 0,
    pinning,
    name,
  }: MapSpec): string =>
    [type, keySize, valueSize, maxEntries, flags, keyTypeId, valueTypeId, extra, numaNode, pinning, name].join();
  if (key(a) !== key(b)) return false;
  return a.inner === undefined || b.inner === undefined ? a.inner === b.inner : sameDefinition(a.inner, b.inner);
}

/** The struct whose members say what the map is. */
function defineMap(btf: BtfExtension, map: MapSpec): Described {
  const members: { name: string; type: TypeId; offset: number }[] = [];
  const add = (name: string, type: TypeId): void =>
    void members.push({ name, type, offset: members.length * POINTER_BYTES });
  add("type", btf.number(mapTypeNumber(map.type)));
  const values = valuesType(btf, map);
  for (const side of ["key", "value"] as const) {
    const size = map[`${side}Size`];
    const type = map[`${side}TypeId`];
    if (type !== 0 && sizeOf(btf.before, type) === size) add(side, btf.ptr(type));
    else if (size > 0) add(`${side}_size`, btf.number(size));
  }
  add("max_entries", btf.number(map.maxEntries));
  if (map.flags !== 0) add("map_flags", btf.number(map.flags));
  if (map.numaNode !== undefined) add("numa_node", btf.number(map.numaNode));
  if (map.pinning === "byName") add("pinning", btf.number(1));
  if (map.extra !== undefined)
    add(
      "map_extra",
      map.extra > 0xffff_ffffn ? btf.constant(`${map.name}_map_extra`, map.extra) : btf.number(Number(map.extra)),
    );
  const size = members.length * POINTER_BYTES;
  if (values !== undefined) add("values", btf.array(btf.ptr(values), 0));
  const last = map.references === undefined ? undefined : Math.max(...map.references.map(({ at }) => at));
  return {
    type: btf.struct(members, size),
    size: size + (last === undefined ? 0 : (last + 1) * POINTER_BYTES),
    referencesAt: size,
  };
}

function valuesType(btf: BtfExtension, map: MapSpec): TypeId | undefined {
  if (map.inner !== undefined) return defineMap(btf, map.inner).type;
  return map.references === undefined ? undefined : btf.program();
}

/** The extern that lies at a byte of `.kconfig`. */
export function kconfigAt(
  externs: readonly ExternSpec[],
  offset: number,
): Extract<ExternSpec, { kind: "kconfig" }> | undefined {
  for (const extern of externs) {
    if (extern.kind === "kconfig" && offset >= extern.offset && offset < extern.offset + extern.size) return extern;
  }
  return undefined;
}

/** The maps that an object defines: by BTF, in the older form, as global data, and as struct_ops. */
import { sizeOf } from "../../btf/members.ts";
import type { MapReference, MapSpec } from "../../spec/spec.ts";
import { ElfError, within } from "../errors.ts";
import { dataKind, isNamed, SectionName, SectionType, structOpsSection, SymbolType } from "../format.ts";
import { MapFlag, mapTypeName } from "../map-types.ts";
import type { ElfFile, ElfRelocation, ElfSection } from "./file.ts";
import { mapDefinition } from "./map-definition.ts";
import type { MapDefinition } from "./map-definition.ts";
import { size32 } from "./types.ts";
import type { ObjectTypes } from "./types.ts";

/** A map before what it holds is known. */
export interface MapDraft {
  readonly section: ElfSection;
  /** Where in the section its definition starts, in bytes. */
  readonly offset: number;
  readonly spec: MapSpec;
  /** Whether the section's bytes are the map's value. */
  readonly isData: boolean;
  /** Bytes from `offset` at which references to maps or programs begin; undefined if it can hold none. */
  readonly referencesAt?: number;
  /** Of an arena: the section of variables that it starts with. */
  readonly variables?: ElfSection;
}

/** In the order of their sections. Names are unique. */
export function readMaps(file: ElfFile, types: ObjectTypes | undefined): MapDraft[] {
  const maps: MapDraft[] = [];
  const sections = new Set<string>();
  const names = new Set<string>();
  for (const section of file.sections) {
    const read = readerOf(section);
    if (read === undefined) continue;
    if (sections.has(section.name)) throw new ElfError("a second section of this name", { section: section.name });
    sections.add(section.name);
    for (const map of read(file, section, types)) {
      const {
        spec: { name },
        offset,
      } = map;
      if (names.has(name)) throw new ElfError(`a second map is called '${name}'`, { section: section.name, offset });
      names.add(name);
      maps.push(map);
    }
  }
  return withArenaVariables(file, maps, types);
}

/** Variables of the address space of arenas are the first bytes of the one arena that the object has. */
function withArenaVariables(file: ElfFile, maps: MapDraft[], types: ObjectTypes | undefined): MapDraft[] {
  const section = file.sections.find(
    ({ name, type, size }) => name === SectionName.ARENA && type === SectionType.PROGBITS && size > 0,
  );
  if (section === undefined) return maps;
  const arenas = maps.filter(({ spec }) => spec.type === "arena");
  if (arenas.length !== 1) {
    throw new ElfError(
      `its variables are in an arena, and the object defines ${arenas.length === 0 ? "none" : arenas.length}: one is needed`,
      { section: section.name },
    );
  }
  const variables = { data: section.bytes.slice(), dataTypeId: types?.datasec(section.name)?.id ?? 0 };
  return maps.map((map) =>
    map === arenas[0] ? { ...map, variables: section, spec: { ...map.spec, ...variables } } : map,
  );
}

type MapReader = (file: ElfFile, section: ElfSection, types: ObjectTypes | undefined) => MapDraft[];

/** What makes maps of a section; undefined if it has none. */
function readerOf({ name, type, size }: ElfSection): MapReader | undefined {
  if (type !== SectionType.PROGBITS && type !== SectionType.NOBITS) return undefined;
  if (name === SectionName.MAPS) return definedMaps;
  if (name === SectionName.LEGACY_MAPS) return legacyMaps;
  if (structOpsSection(name) !== undefined) return structOps;
  return dataKind(name) !== undefined && size > 0 ? dataMap : undefined;
}

/** The variables of a section, in the order of their places. */
function* variables(
  section: ElfSection,
  types: ObjectTypes | undefined,
): Generator<{ readonly name: string; readonly type: number; readonly offset: number; readonly size: number }> {
  const datasec = types?.datasec(section.name);
  if (types === undefined || datasec === undefined)
    throw new ElfError("its definitions need BTF, which the object does not have: compile it with -g", {
      section: section.name,
    });
  let end = 0;
  for (const { type: id, offset, size } of datasec.variables) {
    const variable = types.btf.type(id);
    if (offset < end) throw new ElfError("variables overlap", { section: section.name, offset });
    end = offset + size;
    if (variable.kind !== "var")
      throw new ElfError(`BTF type ${id} is no variable but ${variable.kind}`, { section: section.name, offset });
    if (offset + size > section.bytes.length)
      throw new ElfError(`'${variable.name}' of ${size} bytes lies beyond the section's ${section.bytes.length}`, {
        section: section.name,
        offset,
      });
    yield { name: variable.name, type: variable.type, offset, size };
  }
}

function definedMaps(_: ElfFile, section: ElfSection, types: ObjectTypes | undefined): MapDraft[] {
  const definitions = new Map<number, MapDefinition>();
  return [...variables(section, types)].map(({ name, type, offset }) => {
    // Inner maps are named for the map, so only definitions without them can be shared.
    const known = definitions.get(type);
    const { spec, valuesAt } =
      known ?? within({ section: section.name, offset }, () => mapDefinition(types!.btf, type, name, section.name));
    if (spec.inner === undefined) definitions.set(type, { spec, ...(valuesAt !== undefined && { valuesAt }) });
    return {
      section,
      offset,
      spec: { name, ...spec },
      isData: false,
      ...(valuesAt !== undefined && { referencesAt: valuesAt }),
    };
  });
}

/** struct bpf_map_def: type, key_size, value_size, max_entries, map_flags. */
const LEGACY_BYTES = 20;

function legacyMaps(file: ElfFile, section: ElfSection): MapDraft[] {
  const symbols = file.symbols.filter(
    (symbol) => symbol.section === section && symbol.name !== "" && symbol.type !== SymbolType.SECTION,
  );
  const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.length);
  const sorted = symbols.sort((a, b) => a.value - b.value);
  return sorted.map(({ name, value: offset, size }): MapDraft => {
    const bytes = size === 0 ? LEGACY_BYTES : size;
    const place = { section: section.name, offset };
    if (bytes < LEGACY_BYTES || offset + bytes > section.bytes.length)
      throw new ElfError(`map '${name}' of ${bytes} bytes is no struct bpf_map_def within the section`, place);
    if (section.bytes.subarray(offset + LEGACY_BYTES, offset + bytes).some((byte) => byte !== 0)) {
      throw new ElfError(
        `map '${name}' sets more than the five members that every loader knows: define it by BTF in section '.maps'`,
        place,
      );
    }
    const [type = 0, keySize = 0, valueSize = 0, maxEntries = 0, flags = 0] = [0, 4, 8, 12, 16].map((at) =>
      view.getUint32(offset + at, true),
    );
    const typeName = mapTypeName(type);
    if (typeName === undefined) throw new ElfError(`map '${name}': map type ${type} is not known`, place);
    return {
      section,
      offset,
      isData: false,
      spec: { name, type: typeName, keySize, valueSize, maxEntries, flags, keyTypeId: 0, valueTypeId: 0 },
    };
  });
}

/** A section of global variables is the one value of an array. */
function dataMap(_: ElfFile, section: ElfSection, types: ObjectTypes | undefined): MapDraft[] {
  const datasec = types?.datasec(section.name);
  // User space maps it if it has variables that other files may see, as libbpf decides.
  const shared = datasec?.variables.some(({ type }) => {
    const variable = types!.btf.type(type);
    return variable.kind === "var" && variable.linkage !== "static";
  });
  return [
    {
      section,
      offset: 0,
      isData: true,
      spec: {
        name: section.name,
        type: "array",
        keySize: 4,
        valueSize: size32(section),
        maxEntries: 1,
        flags: (isNamed(section.name, ".rodata") ? MapFlag.RDONLY_PROG : 0) | (shared === true ? MapFlag.MMAPABLE : 0),
        keyTypeId: 0,
        valueTypeId: datasec?.id ?? 0,
        ...(section.type === SectionType.PROGBITS && { data: section.bytes.slice() }),
      },
    },
  ];
}

/** Each variable is one table of functions and settings. */
function structOps(_: ElfFile, section: ElfSection, types: ObjectTypes | undefined): MapDraft[] {
  const { link, autocreate } = structOpsSection(section.name)!;
  return [...variables(section, types)].map(({ name, type, offset, size }): MapDraft => {
    const valueSize = within({ section: section.name, offset }, () => sizeOf(types!.btf, type));
    if (valueSize > size)
      throw new ElfError(`'${name}' has ${size} bytes, but its type ${valueSize}`, { section: section.name, offset });
    return {
      section,
      offset,
      isData: false,
      referencesAt: 0,
      spec: {
        name,
        type: "struct_ops",
        keySize: 4,
        valueSize,
        maxEntries: 1,
        flags: link ? MapFlag.LINK : 0,
        keyTypeId: 0,
        valueTypeId: type,
        data: section.bytes.slice(offset, offset + valueSize),
        ...(!autocreate && { autocreate }),
      },
    };
  });
}

/** Which maps a section defines where, for relocations: {@link Definitions.mapAt} without its errors. */
export class MapPlaces {
  readonly #places = new Map<ElfSection, Map<number, string>>();

  constructor(maps: readonly MapDraft[]) {
    for (const { section, offset, spec, isData } of maps) {
      if (isData || structOpsSection(section.name) !== undefined) continue;
      const known = this.#places.get(section);
      if (known === undefined) this.#places.set(section, new Map([[offset, spec.name]]));
      else known.set(offset, spec.name);
    }
  }

  mapAt(section: ElfSection, offset: number): string | undefined {
    const places = this.#places.get(section);
    if (places === undefined) return undefined;
    const name = places.get(offset);
    if (name === undefined) throw new ElfError("no map's definition starts here", { section: section.name, offset });
    return name;
  }
}

/**
 * The finished specifications: with the maps and programs that definitions point to. `programAt` gives
 * the program that starts at a byte of a code section, undefined if the section has no code.
 */
export function withReferences(
  file: ElfFile,
  drafts: readonly MapDraft[],
  places: MapPlaces,
  programAt: (section: ElfSection, offset: number) => string | undefined,
): MapSpec[] {
  const found = new Map<MapDraft, MapReference[]>();
  for (const [section, inSection] of bySection(drafts)) {
    let next = 0;
    for (const relocation of file.relocations(section).toSorted((a, b) => a.offset - b.offset)) {
      while (next < inSection.length && inSection[next]!.offset <= relocation.offset) next++;
      const draft = inSection[next - 1];
      if (draft === undefined)
        throw new ElfError("a relocation is for no map", { section: section.name, offset: relocation.offset });
      const reference = referenceOf(relocation, draft, places, programAt);
      const known = found.get(draft);
      if (known === undefined) found.set(draft, [reference]);
      else known.push(reference);
    }
  }
  return drafts.map((draft) => {
    const references = found.get(draft);
    return references === undefined ? draft.spec : { ...draft.spec, references };
  });
}

/** Definitions in the order of their places; what global data points to is not followed, as libbpf does not. */
function bySection(drafts: readonly MapDraft[]): Map<ElfSection, MapDraft[]> {
  const sections = new Map<ElfSection, MapDraft[]>();
  for (const draft of drafts.filter(({ isData }) => !isData).sort((a, b) => a.offset - b.offset)) {
    const known = sections.get(draft.section);
    if (known === undefined) sections.set(draft.section, [draft]);
    else known.push(draft);
  }
  return sections;
}

const POINTER_BYTES = 8;

function referenceOf(
  { offset, symbol }: ElfRelocation,
  draft: MapDraft,
  places: MapPlaces,
  programAt: (section: ElfSection, offset: number) => string | undefined,
): MapReference {
  const place = { section: draft.section.name, offset };
  const from = offset - draft.offset - (draft.referencesAt ?? Infinity);
  if (from < 0 || from % POINTER_BYTES !== 0 || offset + POINTER_BYTES > draft.section.bytes.length) {
    throw new ElfError("a relocation is for nothing that could hold a map or a program", place);
  }
  const at = draft.spec.type === "struct_ops" ? from : from / POINTER_BYTES;
  const { section } = symbol;
  if (section === undefined) throw new ElfError(`'${symbol.name}' is not defined in the object`, place);
  const program = programAt(section, symbol.value);
  if (program !== undefined) return { kind: "program", name: program, at };
  const map = places.mapAt(section, symbol.value);
  if (map !== undefined) return { kind: "map", name: map, at };
  throw new ElfError(`'${symbol.name}' is neither a map nor a program`, place);
}

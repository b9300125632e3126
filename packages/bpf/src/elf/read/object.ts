/** From an ELF file to an ObjectSpec. */
import type { Manifest } from "../../spec/manifest.ts";
import type { ExternSpec, ObjectSpec, ProgramSpec } from "../../spec/spec.ts";
import { ElfError, within } from "../errors.ts";
import { SectionName, SectionType } from "../format.ts";
import { sectionReader } from "../section-names.ts";
import type { SectionMeaning } from "../section-names.ts";
import { readExtras } from "../extras.ts";
import type { Extras } from "../extras.ts";
import { readExt } from "./ext.ts";
import { kconfigMap, readExterns } from "./externs.ts";
import { readFile } from "./file.ts";
import type { ElfFile, ElfSection } from "./file.ts";
import { functionAt, readCode } from "./functions.ts";
import type { CodeSection, ObjectFunction } from "./functions.ts";
import { Linker } from "./link.ts";
import { MapPlaces, readMaps, withReferences } from "./maps.ts";
import type { MapDraft } from "./maps.ts";
import { relocate } from "./relocate.ts";
import type { Definitions } from "./relocate.ts";
import { readTypes } from "./types.ts";

export interface ReadOptions {
  /** The object's name, for the kernel and for messages; the file's name without `.bpf.o`, usually. */
  readonly name?: string;
  /**
   * Says what a program is by its section's name, for names that are not libbpf's: asked first, for
   * every program; undefined leaves it to libbpf's names.
   */
  readonly section?: (section: string, program: string) => SectionMeaning | undefined;
}

/**
 * Reads a relocatable BPF object (64-bit, of either byte order), of clang, of bpftool's linker or of
 * {@link writeObject}. The same bytes give the same specification on every machine: what depends on the
 * kernel (CO-RE, kernel symbols, configuration) stays a reference.
 *
 * Throws ElfError, with section and offset, for a file that is malformed or uses what is not known.
 * Time and memory are bounded by a multiple of the file's size.
 */
export function readObject(bytes: Uint8Array, options: ReadOptions = {}): ObjectSpec {
  // Types are decoded when they are needed, so that any step may meet a malformed one.
  return within({ section: SectionName.BTF }, () => read(bytes, options));
}

function read(bytes: Uint8Array, options: ReadOptions): ObjectSpec {
  const file = readFile(bytes);
  const types = readTypes(file);
  const externs = readExterns(file, types);
  const extras = readExtras(file);
  const drafts = renamed(readMaps(file, types), extras);
  const places = new MapPlaces(drafts);
  const codes = readCode(file);
  const bySection = new Map(codes.map((code): [ElfSection, CodeSection] => [code.section, code]));
  const definitions = defined(drafts, places, externs);
  for (const code of codes) relocate(file, code, bySection, definitions);
  if (types !== undefined) readExt(file, codes, types);

  const programs = readPrograms(codes, options, extras);
  const programNames = new Set(programs.map(({ name }) => name));
  const maps = withReferences(file, drafts, places, (section, offset) => {
    const code = bySection.get(section);
    if (code === undefined) return undefined;
    const { label } = functionAt(code, offset / 8, { section: section.name, offset });
    if (!programNames.has(label))
      throw new ElfError(`a map holds '${label}', which is no program`, { section: section.name, offset });
    return label;
  });
  const kconfig = kconfigMap(externs, types);
  const version = readVersion(file);
  return {
    name: options.name ?? extras?.name ?? "object",
    license: readLicense(file),
    programs,
    maps: kconfig === undefined ? maps : [...maps, kconfig],
    btf: types?.blob ?? new Uint8Array(0),
    manifest: extras?.manifest ?? EMPTY_MANIFEST,
    ...(file.byteOrder === "big" && { byteOrder: file.byteOrder }),
    ...(externs.length > 0 && { externs }),
    ...(version !== undefined && { version }),
  };
}

/** Global data under the names that its maps have in the manifest. */
function renamed(drafts: readonly MapDraft[], extras: Extras | undefined): readonly MapDraft[] {
  return extras === undefined
    ? drafts
    : drafts.map((draft) => {
        const map =
          draft.isData && Object.hasOwn(extras.maps, draft.spec.name) ? extras.maps[draft.spec.name] : undefined;
        if (map === undefined) return draft;
        const { zero, ...changes } = map;
        const { data, ...rest } = draft.spec;
        return { ...draft, spec: { ...rest, ...changes, ...(!zero && data !== undefined && { data }) } };
      });
}

const EMPTY_MANIFEST: Manifest = { maps: [], events: [], config: { printMapsOnExit: true, stackMode: "bpftrace" } };

function defined(drafts: readonly MapDraft[], places: MapPlaces, externs: readonly ExternSpec[]): Definitions {
  const data = new Map<ElfSection, { readonly name: string; readonly size: number }>();
  for (const { section, spec, isData, variables } of drafts) {
    if (isData) data.set(section, { name: spec.name, size: spec.valueSize });
    if (variables !== undefined) data.set(variables, { name: spec.name, size: variables.size });
  }
  const byName = new Map(externs.map((extern): [string, ExternSpec] => [extern.name, extern]));
  return {
    mapAt: (section, offset) => places.mapAt(section, offset),
    dataMap: (section) => data.get(section),
    extern: (name) => {
      const extern = byName.get(name);
      return extern?.kind === "kconfig" ? { kind: "kconfig", offset: extern.offset } : extern && { kind: "ksym" };
    },
  };
}

/** Every global function outside of `.text`, linked with what it uses. */
function readPrograms(codes: readonly CodeSection[], options: ReadOptions, extras: Extras | undefined): ProgramSpec[] {
  const named = sectionReader();
  const linker = new Linker(codes.flatMap(({ functions }) => functions));
  const called = new Set(
    codes
      .flatMap(({ changes }) => [...changes.values()])
      .flatMap(({ ref }) => (ref?.kind === "call" || ref?.kind === "func" ? [ref.label] : [])),
  );
  return codes
    .filter(({ section }) => section.name !== SectionName.TEXT)
    .flatMap(({ section, functions }) =>
      functions
        .filter(({ global }) => global)
        .flatMap((main) => {
          const meaning = meaningOf(main, section.name, options, extras, named);
          // A function that others call may stand wherever it likes.
          if (meaning === undefined && called.has(main.label)) return [];
          if (meaning === undefined)
            throw new ElfError(
              `program '${main.name}': libbpf has no section of this name; say what it is by the option 'section'`,
              { section: section.name, offset: 0 },
            );
          return [
            {
              name: main.label,
              title: section.name,
              section: section.name,
              ...meaning,
              ...(section.name.startsWith("?") && { autoload: false }),
              ...linker.link(main),
            },
          ];
        }),
    );
}

function meaningOf(
  { label: name }: ObjectFunction,
  section: string,
  options: ReadOptions,
  extras: Extras | undefined,
  named: (section: string) => SectionMeaning | undefined,
): SectionMeaning | undefined {
  const custom =
    options.section?.(section, name) ??
    (extras !== undefined && Object.hasOwn(extras.programs, name) ? extras.programs[name] : undefined);
  if (custom !== undefined) return custom;
  try {
    return named(section);
  } catch (error) {
    if (error instanceof TypeError) throw new ElfError(error.message, { section, offset: 0 }, { cause: error });
    throw error;
  }
}

function readLicense(file: ElfFile): string {
  const bytes = contentOf(file, SectionName.LICENSE);
  if (bytes === undefined) return "";
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

function readVersion(file: ElfFile): number | undefined {
  const bytes = contentOf(file, SectionName.VERSION);
  if (bytes === undefined) return undefined;
  if (bytes.length !== 4)
    throw new ElfError(`${bytes.length} bytes instead of the 4 of a version`, { section: SectionName.VERSION });
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

function contentOf(file: ElfFile, name: string): Uint8Array | undefined {
  return file.sections.find((section) => section.name === name && section.type === SectionType.PROGBITS)?.bytes;
}

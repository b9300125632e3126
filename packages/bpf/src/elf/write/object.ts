/** From an ObjectSpec to an ELF file. */
import { addStrings } from "../../btf/add-strings.ts";
import { BtfBuilder } from "../../btf/builder.ts";
import { encodeExt, extStrings } from "../../btf/ext.ts";
import { BtfReader } from "../../btf/reader.ts";
import type { MapSpec, ObjectSpec, ProgramSpec } from "../../spec/spec.ts";
import { ElfError, within } from "../errors.ts";
import { writeExtras } from "../extras.ts";
import type { Extras } from "../extras.ts";
import { Binding, dataKind, RelocationType, SectionName, SymbolType } from "../format.ts";
import { sectionFor, sectionMeaning } from "../section-names.ts";
import type { SectionMeaning } from "../section-names.ts";
import { addCode, extSection, planCode, relocateCode } from "./code.ts";
import type { CodePlan, CodeSymbols } from "./code.ts";
import { BtfExtension } from "./extend-btf.ts";
import { CONSTANT, DATA, OutputFile } from "./file.ts";
import type { OutputSection, OutputSymbol } from "./file.ts";
import { splitPrograms } from "./functions.ts";
import type { OutputFunction, SplitProgram } from "./functions.ts";
import { planMaps } from "./maps.ts";
import type { MapPlan } from "./maps.ts";

/**
 * Writes a relocatable object (64-bit, little-endian) that libbpf, cilium/ebpf and LLVM's tools read.
 * The same specification gives the same bytes. What ELF and BTF have no place for (the manifest, several
 * attach targets of one program) goes into a section `.sonde` that others pass over.
 *
 * Throws ElfError for a specification that contradicts itself or that no object can express.
 */
export function writeObject(spec: ObjectSpec): Uint8Array {
  if (spec.byteOrder === "big")
    throw new ElfError(`object '${spec.name}' is for big-endian machines, and only little-endian ones are written`);
  const extension = new BtfExtension(spec.btf.length === 0 ? new BtfBuilder().encode() : spec.btf);
  const maps = within({ section: SectionName.MAPS }, () => planMaps(spec, extension));
  const { programs, subprograms } = splitPrograms(spec.programs);
  const codes = planSections(programs, subprograms);
  const exts = codes.map(extSection);
  const { btf, offset } = addStrings(extension.encode(), extStrings(exts));

  const file = new OutputFile();
  const types = new BtfReader(btf);
  const symbols = new Symbols(file, spec, maps);
  const mains = new Set(programs.map(({ main }) => main));
  const sections = codes.map((plan) => addCode(file, plan, types, mains, symbols));
  symbols.addMaps();
  const named = symbols.addVariables(types, writeHeaders(file, spec));
  symbols.addExterns();
  symbols.addReferences(
    new Map(programs.map(({ spec: { name }, main }): [string, OutputFunction] => [name, main])),
    named,
  );
  for (const [index, plan] of codes.entries()) relocateCode(file, sections[index]!, plan, symbols);

  file.section(SectionName.BTF, btf, { align: 4 });
  file.section(
    SectionName.BTF_EXT,
    within({ section: SectionName.BTF_EXT }, () => encodeExt(exts, offset)),
    { align: 4 },
  );
  const extras = extrasOf(spec, maps);
  if (extras !== undefined) file.section(SectionName.SONDE, writeExtras(extras));
  return file.encode();
}

/** `.text` for the subprograms, then programs by their sections. */
function planSections(programs: readonly SplitProgram[], subprograms: readonly OutputFunction[]): CodePlan[] {
  const sections = new Map<string, OutputFunction[]>();
  if (subprograms.length > 0) sections.set(SectionName.TEXT, [...subprograms]);
  for (const { spec, main } of programs) {
    const name = sectionName(spec);
    const known = sections.get(name);
    if (known === undefined) sections.set(name, [main]);
    else known.push(main);
  }
  return [...sections].map(([name, functions]) => planCode(name, functions));
}

function sectionName(spec: ProgramSpec): string {
  const name = spec.section ?? sectionFor(spec);
  if (name === undefined)
    throw new ElfError(`program '${spec.name}' (${spec.type}) has no section, and none is known for its type`);
  return spec.autoload === false ? name.replace(/^\??/, "?") : name.replace(/^\?/, "");
}

/** License and version; returns the sections. */
function writeHeaders(file: OutputFile, spec: ObjectSpec): OutputSection[] {
  const license = file.section(SectionName.LICENSE, new TextEncoder().encode(`${spec.license}\0`), { flags: DATA });
  if (spec.version === undefined) return [license];
  return [
    license,
    file.section(SectionName.VERSION, new Uint8Array(Uint32Array.of(spec.version).buffer), { flags: DATA, align: 4 }),
  ];
}

/** The symbols that code and maps refer to, and the sections behind them. */
class Symbols implements CodeSymbols {
  readonly functions: CodeSymbols["functions"] = new Map();
  readonly externs: NonNullable<ObjectSpec["externs"]>;
  readonly #file: OutputFile;
  readonly #spec: ObjectSpec;
  readonly #plan: MapPlan;
  readonly #data = new Map<string, OutputSection>();
  readonly #maps = new Map<string, OutputSymbol>();
  readonly #mapSections = new Map<string, OutputSection>();
  readonly #externs = new Map<string, OutputSymbol>();

  constructor(file: OutputFile, spec: ObjectSpec, plan: MapPlan) {
    this.#file = file;
    this.#spec = spec;
    this.#plan = plan;
    this.externs = spec.externs ?? [];
  }

  /** Sections of maps and global data, in the order of the maps. */
  addMaps(): void {
    for (const map of this.#spec.maps) {
      const name = this.#plan.data.get(map.name);
      if (name !== undefined) this.#data.set(map.name, this.#addData(map, name));
      const section = this.#plan.sections.find(({ maps }) => maps.some(({ spec }) => spec === map));
      if (section === undefined || this.#mapSections.has(section.name)) continue;
      const bytes = new Uint8Array(section.size);
      for (const {
        spec: { type, data },
        offset,
      } of section.maps)
        if (data !== undefined && type === "struct_ops") bytes.set(data, offset);
      this.#mapSections.set(section.name, this.#file.section(section.name, bytes, { flags: DATA, align: 8 }));
    }
  }

  #addData({ name, type, data, valueSize }: MapSpec, section: string): OutputSection {
    if (type === "arena") return this.#file.section(section, data ?? new Uint8Array(0), { flags: DATA, align: 8 });
    const kind = dataKind(section);
    const flags = kind === "rodata" ? CONSTANT : DATA;
    if (data === undefined && kind === "bss")
      return this.#file.section(section, new Uint8Array(0), { flags, align: 8, nobits: valueSize });
    if (data !== undefined && data.length !== valueSize)
      throw new ElfError(`map '${name}' has content of ${data.length} bytes, but values of ${valueSize}`);
    return this.#file.section(section, data ?? new Uint8Array(valueSize), { flags, align: 8 });
  }

  /** One symbol for each variable of the BTF, which loaders look up by name; returns them by name. */
  addVariables(btf: BtfReader, others: readonly OutputSection[]): ReadonlyMap<string, OutputSymbol> {
    const sections = new Map(
      [...others, ...this.#data.values(), ...this.#mapSections.values()].map((section): [string, OutputSection] => [
        section.name,
        section,
      ]),
    );
    const named = new Map<string, OutputSymbol>();
    for (let id = 1; id < btf.size; id++) {
      const datasec = btf.type(id);
      if (datasec.kind !== "datasec") continue;
      const section = sections.get(datasec.name);
      for (const { type, offset, size } of datasec.variables) {
        const variable = btf.type(type);
        if (variable.kind !== "var" || variable.linkage === "extern") continue;
        // What is not written, or is described anew, still has to be somewhere for libbpf.
        if (section === undefined && named.has(variable.name)) continue;
        const binding = variable.linkage === "static" ? Binding.LOCAL : Binding.GLOBAL;
        named.set(
          variable.name,
          this.#file.symbol({
            name: variable.name,
            type: SymbolType.OBJECT,
            binding,
            section: section ?? "absolute",
            value: offset,
            size,
          }),
        );
      }
    }
    for (const { maps } of this.#plan.sections)
      for (const { spec } of maps) this.#maps.set(spec.name, named.get(spec.name)!);
    return named;
  }

  addExterns(): void {
    for (const { name, weak } of this.externs) {
      this.#externs.set(
        name,
        this.#file.symbol({
          name,
          type: SymbolType.NOTYPE,
          binding: weak ? Binding.WEAK : Binding.GLOBAL,
          section: "undefined",
          value: 0,
          size: 0,
        }),
      );
    }
  }

  /** What maps hold from the start. */
  addReferences(programs: ReadonlyMap<string, OutputFunction>, named: ReadonlyMap<string, OutputSymbol>): void {
    for (const { name, maps } of this.#plan.sections) {
      for (const { spec, offset, referencesAt } of maps) {
        for (const { kind, name: target, at } of spec.references ?? []) {
          const main = programs.get(target);
          const symbol = kind === "map" ? named.get(target) : main && this.functions.get(main)?.symbol;
          if (symbol === undefined)
            throw new ElfError(`map '${spec.name}' holds ${kind} '${target}', which the object does not have`);
          const step = spec.type === "struct_ops" ? 1 : 8;
          this.#mapSections.get(name)!.relocations.push({
            offset: offset + referencesAt + at * step,
            type: RelocationType.R_BPF_64_ABS64,
            symbol,
          });
        }
      }
    }
  }

  map(name: string): OutputSymbol {
    const symbol = this.#maps.get(name);
    if (symbol === undefined && this.#data.has(name))
      throw new ElfError(
        `programs use map '${name}' and addresses in its value as well, which an object can't express`,
      );
    if (symbol === undefined) throw new ElfError(`a program refers to map '${name}', which the object does not have`);
    return symbol;
  }

  data(name: string): OutputSection {
    const section = this.#data.get(name);
    if (section === undefined)
      throw new ElfError(`a program takes an address in map '${name}', which the object does not have`);
    return section;
  }

  extern(name: string): OutputSymbol {
    const symbol = this.#externs.get(name);
    if (symbol === undefined)
      throw new ElfError(`a program refers to kernel symbol '${name}', which is not among the object's externs`);
    return symbol;
  }
}

/** What only the `.sonde` section can say; undefined if there is nothing. */
function extrasOf(spec: ObjectSpec, plan: MapPlan): Extras | undefined {
  const { maps, events, ring, losses, start } = spec.manifest;
  const programs = Object.fromEntries(
    spec.programs.flatMap((program) => {
      const section = sectionName(program);
      const meaning = knownMeaning(section);
      const own: SectionMeaning = {
        type: program.type,
        attach: program.attach,
        ...(program.attachType !== undefined && { attachType: program.attachType }),
        ...(program.flags !== undefined && { flags: program.flags }),
      };
      return JSON.stringify(meaning) === JSON.stringify(own) && program.title === section
        ? []
        : [[program.name, { ...own, title: program.title }]];
    }),
  );
  const renamed = Object.fromEntries(
    spec.maps.flatMap(({ name, type, flags, keyTypeId, valueTypeId, data }) => {
      const section = plan.data.get(name);
      return section === undefined || section === name || type === "arena"
        ? []
        : [[section, { name, flags, keyTypeId, valueTypeId, zero: data === undefined }]];
    }),
  );
  const silent =
    maps.length === 0 && events.length === 0 && ring === undefined && losses === undefined && start === undefined;
  if (silent && Object.keys(programs).length === 0 && Object.keys(renamed).length === 0) return undefined;
  return { version: 1, name: spec.name, manifest: spec.manifest, programs, maps: renamed };
}

function knownMeaning(section: string): SectionMeaning | undefined {
  try {
    return sectionMeaning(section);
  } catch {
    return undefined;
  }
}

/**
 * The parts of ELF that BPF objects use, by the names of the System V ABI and LLVM's BPF target
 * (llvm.org/docs, "BPF relocations").
 *
 *     ┌────────────┬──────────────────────────────┬─────────────────┐
 *     │ header, 64 │ sections' bytes, in any order │ section headers │
 *     └────────────┴──────────────────────────────┴─────────────────┘
 */
export const HEADER_BYTES = 64;
export const SECTION_HEADER_BYTES = 64;
export const SYMBOL_BYTES = 24;
export const RELOCATION_BYTES = 16;

export const ET_REL = 1;
export const EM_BPF = 247;
/** Written by LLVM before BPF had a number. */
export const EM_NONE = 0;

export const SectionType = { NULL: 0, PROGBITS: 1, SYMTAB: 2, STRTAB: 3, RELA: 4, NOBITS: 8, REL: 9 } as const;
export const SectionFlag = { WRITE: 1, ALLOC: 2, EXECINSTR: 4 } as const;

/** Section indices from here on mean something else than a section. */
export const SHN_LORESERVE = 0xff00;
export const SHN_UNDEF = 0;
/** A real section index that is held in another place, for files of more than 65,280 sections. */
export const SHN_XINDEX = 0xffff;

export const SymbolType = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3 } as const;
export const Binding = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;

export const RelocationType = {
  /** The immediate of an lddw: a map, a variable, a function. */
  R_BPF_64_64: 1,
  /** Eight bytes of data: a pointer. */
  R_BPF_64_ABS64: 2,
  /** The immediate of a call. */
  R_BPF_64_32: 10,
} as const;

/** What sections mean by their names, apart from programs. */
export const SectionName = {
  LICENSE: "license",
  VERSION: "version",
  MAPS: ".maps",
  LEGACY_MAPS: "maps",
  BTF: ".BTF",
  BTF_EXT: ".BTF.ext",
  KCONFIG: ".kconfig",
  KSYMS: ".ksyms",
  TEXT: ".text",
  /** Variables of LLVM's address space 1, which are in the object's arena: bpf_arena_common.h's __arena. */
  ARENA: ".addr_space.1",
  SONDE: ".sonde",
} as const;

/** `.data`, `.data.shared` but not `.database`. */
export function isNamed(section: string, base: string): boolean {
  return section === base || section.startsWith(`${base}.`);
}

export type DataKind = "data" | "rodata" | "bss";

/** Which kind of global data a section holds by its name; undefined if it holds none. */
export function dataKind(section: string): DataKind | undefined {
  return (["data", "rodata", "bss"] as const).find((kind) => isNamed(section, `.${kind}`));
}

/** `.struct_ops` maps need a link to be attached if their section's name says so. */
export function structOpsSection(
  section: string,
): { readonly link: boolean; readonly autocreate: boolean } | undefined {
  const autocreate = !section.startsWith("?");
  const name = autocreate ? section : section.slice(1);
  if (name !== ".struct_ops" && name !== ".struct_ops.link") return undefined;
  return { link: name === ".struct_ops.link", autocreate };
}

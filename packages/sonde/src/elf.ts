/** BPF objects as ELF files. */
export { ElfError, readObject, sectionFor, sectionMeaning, sectionRuleNames, writeObject } from "@sonde/bpf/elf";
export type { ElfPlace, ReadOptions, SectionMeaning } from "@sonde/bpf/elf";

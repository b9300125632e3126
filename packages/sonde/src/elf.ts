/** BPF objects as ELF files. */
export {
  conventionalSection,
  ElfError,
  readObject,
  sectionFor,
  sectionMeaning,
  sectionRuleNames,
  writeObject,
} from "@sonde/bpf/elf";
export type { ElfPlace, ReadOptions, SectionMeaning } from "@sonde/bpf/elf";

/** BPF objects as ELF files: read those of clang and bpftool, write our own. */
export { ElfError } from "./errors.ts";
export type { ElfPlace } from "./errors.ts";
export { kernelTypes } from "./kernel-types.ts";
export { readObject } from "./read/object.ts";
export type { ReadOptions } from "./read/object.ts";
export { conventionalSection } from "./section-conventions.ts";
export { sectionFor, sectionMeaning, sectionRuleNames } from "./section-names.ts";
export type { SectionMeaning } from "./section-names.ts";
export { writeObject } from "./write/object.ts";

/** CO-RE, "compile once, run everywhere": relocations against another kernel's types, without loading anything. */
export {
  applyCore,
  essentialName,
  hasCandidates,
  POISON_HELPER,
  resolveRelocation,
  typesCompatible,
} from "@sonde/bpf/core";
export type { CoreApplied, Resolution } from "@sonde/bpf/core";
export { CoreKind } from "@sonde/bpf/asm";
export type { CoreRelocation } from "@sonde/bpf/asm";

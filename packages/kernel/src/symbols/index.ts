export { KernelSymbols } from "./kallsyms.ts";
export { debugFileOf } from "./debug-files.ts";
export { ElfError, ElfFile } from "./elf.ts";
export { functionsOf, symbolOffset } from "./functions.ts";
export { resolveBinary } from "./library.ts";
export { type Mapping as ProcessMapping, readMaps } from "./maps.ts";
export { type Symbol, formatSymbol } from "./symbol.ts";
export { ProcessSymbols } from "./process-symbols.ts";
export { UserSymbols } from "./user.ts";

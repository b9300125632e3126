export { KernelSymbols } from "./kallsyms.ts";
export { ElfError } from "./elf.ts";
export { functionsOf, symbolOffset } from "./functions.ts";
export { resolveBinary } from "./library.ts";
export { type Symbol, formatSymbol } from "./symbol.ts";
export { ProcessSymbols, UserSymbols } from "./user.ts";

/** The bpftrace language: text to syntax tree to checked program. */
export type * from "./ast.ts";
export type * from "./types.ts";
export { parse, MAX_SOURCE, type Parsed } from "./parser/script.ts";
export { formatScript } from "./format/format.ts";
export { check, type Checked } from "./check/check.ts";
export type { CheckOptions } from "./check/program.ts";
export { environmentSettings } from "./check/config.ts";
export { builtins, type BuiltinInfo } from "./builtins.ts";
export { FUNCTIONS as functions, type FunctionInfo } from "./check/functions/table.ts";
export { commonSign, typeText } from "./values.ts";

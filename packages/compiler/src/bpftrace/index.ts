/** The bpftrace language: text to syntax tree to checked program. */
export type * from "./ast.ts";
export type * from "./types.ts";
export { parse, MAX_SOURCE, type Parsed } from "./parser/script.ts";

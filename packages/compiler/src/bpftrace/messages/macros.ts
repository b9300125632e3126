/** What is wrong with macros and imports. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const macroRedefined: M<readonly [name: string]> = {
  code: "SND1120",
  severity: "error",
  text: (name) => `there are two macros of the name ${name}`,
};
export const macroArguments: M<readonly [name: string, given: number, signature: string]> = {
  code: "SND1121",
  severity: "error",
  text: (name, given) => `the macro ${name} can't be called with ${given} argument${given === 1 ? "" : "s"}`,
  hint: (_, __, signature) => `expected ${signature}`,
};
export const macroArgument: M<readonly [name: string, index: number, param: string]> = {
  code: "SND1122",
  severity: "error",
  text: (name, index, param) =>
    `the macro ${name} wants a ${param.startsWith("@") ? "map" : "variable"} as argument ${index}, since it may change it`,
  hint: (_, __, param) =>
    param.startsWith("@")
      ? "expected a map without keys, such as @x"
      : "expected a variable, such as $x; a parameter without $ takes any expression",
};
export const macroMap: M<readonly [macro: string, map: string]> = {
  code: "SND1123",
  severity: "error",
  text: (macro, map) => `the macro ${macro} uses the map ${map}, which it was not given`,
  hint: (macro, map) => `expected it among its parameters: macro ${macro}(${map}) { ... }`,
};
export const macroTooDeep: M<readonly [name: string]> = {
  code: "SND1124",
  severity: "error",
  text: (name) => `the macro ${name} grows without end: macros that call macros are copied for each call`,
  hint: () => "a macro can't call itself, directly or through others",
};
export const importedC: M<readonly [path: string]> = {
  code: "SND1125",
  severity: "error",
  text: (path) => `${path} is C, for which there is no compiler here`,
  hint: () =>
    "write it as a macro of the language in a .bt file; or compile it with clang, load it with sonde load, and read its maps",
};
export const noImports: M = {
  code: "SND1126",
  severity: "error",
  text: () => "nothing can be imported here: this script came without the files around it",
  hint: () => "put what it needs into the script itself",
};
export const importFailed: M<readonly [path: string, why: string]> = {
  code: "SND1127",
  severity: "error",
  text: (path, why) => `can't import ${path}: ${why}`,
  hint: () => "paths are looked up beside the file that imports them",
};
export const tooManyImports: M<readonly [files: number, megabytes: number]> = {
  code: "SND1128",
  severity: "error",
  text: (files, megabytes) => `imports come to more than ${files} files or ${megabytes} MiB`,
};

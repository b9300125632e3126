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

/** What is wrong with a script's C: types, constants, conditions, headers. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const expectedInDeclaration: M<readonly [expected: string, found: string]> = {
  code: "SND1130",
  severity: "error",
  text: (_, found) => `unexpected ${found === "" ? "end of the declaration" : found} in a declaration`,
  hint: (expected) => `expected ${expected}`,
};
export const typeExpected: M<readonly [found: string]> = {
  code: "SND1131",
  severity: "error",
  text: (found) => `${found === "" ? "the end of the declaration" : found} stands where a type should`,
  hint: () => "expected one such as int, char *, u64 or struct name",
};
export const unknownCType: M<readonly [name: string]> = {
  code: "SND1132",
  severity: "error",
  text: (name) => `unknown type ${name}`,
  hint: () => "neither the script above nor the kernel's types define it",
};
export const declaratorExpected: M = {
  code: "SND1133",
  severity: "error",
  text: () => "this declaration names nothing",
  hint: () => "expected a name behind the type",
};
export const declarationTooDeep: M<readonly [limit: number]> = {
  code: "SND1134",
  severity: "error",
  text: (limit) => `this declaration is nested more than ${limit} levels deep`,
};
export const typeTooLarge: M<readonly [limit: number]> = {
  code: "SND1135",
  severity: "error",
  text: (limit) => `this type takes more than ${limit} bytes`,
};
export const tooManyMembers: M<readonly [limit: number]> = {
  code: "SND1136",
  severity: "error",
  text: (limit) => `this type has more than ${limit} members`,
};
export const bitFieldWidth: M<readonly [name: string, limit: number]> = {
  code: "SND1137",
  severity: "error",
  text: (name, limit) => `the bit field ${name} must have from 0 to ${limit} bits, those of its type`,
};
export const notConstantInC: M<readonly [text: string]> = {
  code: "SND1138",
  severity: "error",
  text: (text) => `${text === "" ? "this" : text} is no constant here`,
  hint: () => "expected numbers, enumerators, #define constants, sizeof and operators",
};
export const expansionTooLarge: M = {
  code: "SND1139",
  severity: "error",
  text: () => "macros make this declaration too long",
};
export const unknownHeader: M<readonly [path: string]> = {
  code: "SND1140",
  severity: "error",
  text: (path) => `the header ${path} is not read`,
  hint: () =>
    'types come from the kernel itself and constants of its headers are built in; declare what else is needed in the script, or in a file of its own: import "types.h"',
};
export const conditionNotConstant: M<readonly [name: string]> = {
  code: "SND1141",
  severity: "error",
  text: (name) => `the condition of #${name} is not known when the script is compiled`,
  hint: () =>
    "expected numbers, #define constants and defined(NAME); a field's existence on a kernel needs no #if: types come from the kernel itself",
};
export const straysDirective: M<readonly [name: string]> = {
  code: "SND1142",
  severity: "error",
  text: (name) => `#${name} without #if`,
};
export const unclosedCondition: M<readonly [name: string]> = {
  code: "SND1143",
  severity: "error",
  text: (name) => `this #${name} is never closed`,
  hint: () => "expected #endif",
};
export const errorDirective: M<readonly [text: string]> = {
  code: "SND1144",
  severity: "error",
  text: (text) => `the script refuses: ${text === "" ? "#error" : text}`,
};

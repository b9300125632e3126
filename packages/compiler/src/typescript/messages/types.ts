/** What is wrong with types that authors write. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const unknownType: M<readonly [name: string, hint: string | undefined]> = {
  code: "SND3101",
  severity: "error",
  text: (name) => `unknown type ${name}`,
  hint: (_, hint) => hint,
};
export const notImported: M<readonly [name: string]> = {
  code: "SND3102",
  severity: "error",
  text: (name) => `${name} is not imported`,
  hint: (name) => `import { type ${name} } from "sonde/probe"`,
};
export const sizeless: M<readonly [what: string, instead: string]> = {
  code: "SND3103",
  severity: "error",
  text: (what) => `${what} says nothing about its size in memory`,
  hint: (_, instead) => `write ${instead}`,
};
export const noType: M<readonly [text: string]> = {
  code: "SND3104",
  severity: "error",
  text: (text) => `${text} is no type for a key, a value or a field`,
  hint: () => "use u8 to u64, s8 to s64, boolean, text<SIZE>, array<TYPE, LENGTH>, or an object type of these",
};
export const optionalField: M = {
  code: "SND3105",
  severity: "error",
  text: () => "a field in memory is always there: it can't be optional",
  hint: () => "leave out the ?, and let a value such as 0 mean that there is none",
};
export const endlessType: M = {
  code: "SND3106",
  severity: "error",
  text: () => "this type contains itself",
};
export const genericType: M<readonly [name: string]> = {
  code: "SND3107",
  severity: "error",
  text: (name) => `${name} takes types of its own, which is not supported for what lies in memory`,
  hint: () => "write the type out",
};
export const badSize: M<readonly [name: string, most: number]> = {
  code: "SND3108",
  severity: "error",
  text: (name, most) => `${name} needs a length from 1 to ${most}, as a number`,
  hint: (name) => (name === "text" ? "as in text<16>" : "as in array<u32, 4>"),
};

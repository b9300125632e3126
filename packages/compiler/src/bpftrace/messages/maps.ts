/** What is said about maps. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const undefinedMap: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1501",
  severity: "error",
  text: (name) => `the map ${name} is never assigned to`,
  hint: (_, near) => near,
};
export const keyCount: M<readonly [name: string, found: number, expected: number]> = {
  code: "SND1502",
  severity: "error",
  text: (name, found, expected) => `${name} is used with ${keys(found)} here and with ${keys(expected)} elsewhere`,
};
export const keyType: M<readonly [name: string, position: number, found: string, expected: string]> = {
  code: "SND1503",
  severity: "error",
  text: (name, position, found, expected) => `key ${position} of ${name} is ${found} here and ${expected} elsewhere`,
};
export const valueType: M<readonly [name: string, found: string, expected: string]> = {
  code: "SND1504",
  severity: "error",
  text: (name, found, expected) => `${name} holds ${expected} and can't hold ${found}`,
};
export const needsKey: M<readonly [name: string, count: number]> = {
  code: "SND1506",
  severity: "error",
  text: (name, count) => `${name} needs ${keys(count)}`,
  hint: (name) => `expected ${name}[...]`,
};
export const notReadable: M<readonly [name: string, kind: string]> = {
  code: "SND1507",
  severity: "error",
  text: (name, kind) => `${name} is a ${kind}() and has no single value`,
  hint: (name) => `print(${name}) shows it`,
};
export const aggregateChange: M<readonly [name: string, kind: string]> = {
  code: "SND1508",
  severity: "error",
  text: (name, kind) => `${name} is a ${kind}() and can't be changed by an operator`,
};
export const unknownMapType: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1509",
  severity: "error",
  text: (name) => `unknown map type ${name}`,
  hint: (_, near) => near ?? "the types are hash, lruhash, percpuhash, percpulruhash",
};
export const mapSize: M<readonly [name: string]> = {
  code: "SND1510",
  severity: "error",
  text: (name) => `${name} must have room for 1 to 100000000 entries`,
};
export const mapRedeclared: M<readonly [name: string]> = {
  code: "SND1511",
  severity: "error",
  text: (name) => `${name} is declared twice`,
};
export const mapUnused: M<readonly [name: string]> = {
  code: "SND1512",
  severity: "warning",
  text: (name) => `${name} is declared and never used`,
};

function keys(count: number): string {
  return count === 0 ? "no key" : count === 1 ? "one key" : `${count} keys`;
}

/** What is said about functions and their arguments. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const unknownFunction: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1401",
  severity: "error",
  text: (name) => `unknown function ${name}`,
  hint: (_, near) => near,
};
export const functionNotSupported: M<readonly [name: string]> = {
  code: "SND1910",
  severity: "error",
  text: (name) => `${name}() is not supported yet`,
};
export const argumentNumber: M<readonly [name: string, count: number, signature: string]> = {
  code: "SND1402",
  severity: "error",
  text: (name, count) =>
    `${name}() does not take ${count === 0 ? "no arguments" : count === 1 ? "one argument" : `${count} arguments`}`,
  hint: (_, __, signature) => `expected ${signature}`,
};
export const argumentType: M<readonly [name: string, position: number, found: string, expected: string]> = {
  code: "SND1403",
  severity: "error",
  text: (name, position, found) => `argument ${position} of ${name}() is ${found}`,
  hint: (_, __, ___, expected) => `expected ${expected}`,
};
export const needsMap: M<readonly [name: string]> = {
  code: "SND1404",
  severity: "error",
  text: (name) => `${name}() needs a map`,
  hint: (name) => `expected ${name}(@x)`,
};
export const needsKeyedMap: M<readonly [name: string, map: string]> = {
  code: "SND1405",
  severity: "error",
  text: (name, map) => `${name}() needs a map with keys, and ${map} has none`,
};
export const aggregationPlace: M<readonly [name: string]> = {
  code: "SND1406",
  severity: "error",
  text: (name) => `${name}() must be assigned to a map`,
  hint: (name) => `expected @x = ${name}(...) or @x[key] = ${name}(...)`,
};
export const formatCount: M<readonly [wanted: number, given: number]> = {
  code: "SND1407",
  severity: "error",
  text: (wanted, given) =>
    `the format has ${wanted} conversion${wanted === 1 ? "" : "s"} and ${given} argument${given === 1 ? "" : "s"}`,
  hint: () => "expected one argument for each conversion; %% prints a percent sign",
};
export const formatUnknown: M<readonly [conversion: string]> = {
  code: "SND1408",
  severity: "error",
  text: (conversion) => `unknown conversion ${conversion} in the format`,
  hint: () => "known are %d %i %u %x %X %o %c %p %s %r, with flags, width, precision and the sizes hh h l ll z j",
};
export const formatType: M<readonly [conversion: string, found: string, expected: string]> = {
  code: "SND1409",
  severity: "error",
  text: (conversion, found) => `${conversion} can't print ${found}`,
  hint: (_, __, expected) => `expected ${expected}`,
};
export const unknownStackMode: M<readonly [name: string]> = {
  code: "SND1410",
  severity: "error",
  text: (name) => `unknown stack mode ${name}`,
  hint: () => "expected bpftrace, perf or raw",
};
export const linearRange: M = {
  code: "SND1411",
  severity: "error",
  text: () => "lhist() needs a minimum below its maximum and a step that divides the range into at most 1000 buckets",
  hint: () => "for example lhist(n, 0, 1000, 100)",
};
export const unknownClock: M<readonly [name: string]> = {
  code: "SND1412",
  severity: "error",
  text: (name) => `unknown clock ${name}`,
  hint: () => "expected boot, monotonic, tai or sw_tai",
};

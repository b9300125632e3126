/** What handlers may not say, and what to say instead. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const unsupported: M<readonly [what: string, instead: string | undefined]> = {
  code: "SND3301",
  severity: "error",
  text: (what) => `${what} can't run in the kernel`,
  hint: (_, instead) => instead,
};
export const undefinedName: M<readonly [name: string, hint: string | undefined]> = {
  code: "SND3302",
  severity: "error",
  text: (name) => `${name} is not defined`,
  hint: (_, hint) => hint,
};
export const noField: M<readonly [what: string, name: string, hint: string | undefined]> = {
  code: "SND3303",
  severity: "error",
  text: (what, name) => `${what} has no field ${name}`,
  hint: (_, __, hint) => hint,
};
export const unchecked: M<readonly [what: string]> = {
  code: "SND3304",
  severity: "error",
  text: (what) => `${what} may be undefined here`,
  hint: () => "test it first: if (x === undefined) return; or give a value in its place: x ?? 0",
};
export const notANumber: M<readonly [what: string]> = {
  code: "SND3305",
  severity: "error",
  text: (what) => `${what} is not a number`,
};
export const mismatch: M<readonly [given: string, wanted: string]> = {
  code: "SND3306",
  severity: "error",
  text: (given, wanted) => `${given} can't be stored as ${wanted}`,
};
export const doesNotFit: M<readonly [value: string, type: string]> = {
  code: "SND3307",
  severity: "error",
  text: (value, type) => `${value} does not fit ${type}`,
};
export const textTooLong: M<readonly [given: number, size: number]> = {
  code: "SND3308",
  severity: "error",
  text: (given, size) => `a text of ${given} bytes is longer than the ${size} that are kept`,
  hint: (given) => `make the place larger: text<${given}>, or decode.text(${given})`,
};
export const missingField: M<readonly [name: string, type: string]> = {
  code: "SND3309",
  severity: "error",
  text: (name, type) => `the field ${name} of ${type} is missing`,
};
export const extraField: M<readonly [name: string, type: string]> = {
  code: "SND3310",
  severity: "error",
  text: (name, type) => `${type} has no field ${name}`,
};
export const tooMuchMemory: M<readonly [size: number, limit: number]> = {
  code: "SND3311",
  severity: "error",
  text: (size, limit) => `this handler needs ${size} bytes of memory, more than the ${limit} that one CPU can have`,
  hint: () => "use shorter texts",
};
export const notCallable: M<readonly [what: string]> = {
  code: "SND3312",
  severity: "error",
  text: (what) => `${what} can't be called in a handler`,
  hint: () => "call functions of the monitor's own modules and those of sonde/probe",
};
export const argumentCount: M<readonly [name: string, wanted: string, given: number]> = {
  code: "SND3313",
  severity: "error",
  text: (name, wanted, given) => `${name} takes ${wanted}, not ${given}`,
};
export const recursion: M<readonly [name: string]> = {
  code: "SND3314",
  severity: "error",
  text: (name) => `${name} calls itself, and the kernel's stack is too small for that`,
  hint: () => "use a loop: for (const i of range(16)) { ... }",
};
export const constantAssigned: M<readonly [name: string]> = {
  code: "SND3315",
  severity: "error",
  text: (name) => `${name} can't be changed in a handler`,
  hint: (name) =>
    `declare it with let inside the handler, or share it between handlers: const ${name} = global<u64>(0)`,
};
export const notAssignable: M<readonly [what: string]> = {
  code: "SND3316",
  severity: "error",
  text: (what) => `${what} can't be changed`,
};
export const neverNegative: M<readonly [text: string]> = {
  code: "SND3317",
  severity: "error",
  text: (text) => `${text} never holds: an unsigned number is never below 0`,
  hint: () => "compare the two values themselves, or convert to a signed type first: s64(x)",
};
export const loose: M<readonly [operator: string]> = {
  code: "SND3318",
  severity: "error",
  text: (operator) => `${operator} compares after conversions that the kernel does not know`,
  hint: (operator) => `write ${operator}=`,
};
export const fraction: M<readonly [text: string]> = {
  code: "SND3319",
  severity: "error",
  text: (text) => `${text} is not a whole number, and the kernel knows no others`,
  hint: () => "count in a smaller unit, such as nanoseconds",
};
export const unsafeNumber: M<readonly [text: string]> = {
  code: "SND3320",
  severity: "error",
  text: (text) => `${text} is beyond what a number of JavaScript holds exactly`,
  hint: (text) => `write it as a bigint: u64(${text}n)`,
};
export const unknownKernel: M<readonly [what: string, name: string, hint: string | undefined]> = {
  code: "SND3321",
  severity: "error",
  text: (what, name) => `this kernel has no ${what} ${name}`,
  hint: (_, __, hint) => hint,
};
export const noResult: M<readonly [hook: string]> = {
  code: "SND3322",
  severity: "error",
  text: (hook) => `a handler of ${hook} has nothing to answer`,
  hint: () => "write return without a value",
};
export const badVerdict: M<readonly [hook: string, known: string]> = {
  code: "SND3323",
  severity: "error",
  text: (hook) => `this is not an answer that ${hook} takes`,
  hint: (_, known) => `return ${known}`,
};
export const noLabel: M<readonly [metric: string, label: string]> = {
  code: "SND3324",
  severity: "error",
  text: (metric, label) => `the label ${label} of ${metric} has no value`,
  hint: (_, label) => `give it: { ${label}: ... }`,
};
export const extraLabel: M<readonly [what: string, name: string, known: string]> = {
  code: "SND3325",
  severity: "error",
  text: (what, name) => `${what} has no ${name}`,
  hint: (_, __, known) => (known === "" ? "it was declared without any" : `it has ${known}`),
};
export const tooComplex: M<readonly [reason: string]> = {
  code: "SND3326",
  severity: "error",
  text: (reason) => `this handler is too large for one BPF program: ${reason}`,
  hint: () => "do less in it, use shorter texts, or split it into several probes",
};
export const wrongHost: M<readonly [what: string]> = {
  code: "SND3327",
  severity: "error",
  text: (what) => `${what} is not a value of the kernel's`,
};
export const notConstant: M<readonly [what: string]> = {
  code: "SND3328",
  severity: "error",
  text: (what) => `${what} must be known when the monitor is built`,
};
export const fallThrough: M = {
  code: "SND3329",
  severity: "error",
  text: () => "this case runs on into the next one",
  hint: () => "end it with break or return",
};
export const notAFunctionOf: M<readonly [struct: string, member: string]> = {
  code: "SND3331",
  severity: "error",
  text: (struct, member) => `${member} of ${struct} is no function: give it a value`,
};
export const noContext: M = {
  code: "SND3333",
  severity: "error",
  text: () => "a timer's function runs by itself: there is no event, no stack and no process that it belongs to",
  hint: () => "keep what it needs in a map or a global",
};
export const notCarried: M<readonly [name: string]> = {
  code: "SND3332",
  severity: "error",
  text: (name) => `${name} can't be used in a function that the kernel calls back`,
  hint: () => "test what a look-up found before, and declare functions in the module",
};
export const unreachableTypes: M<readonly [a: string, b: string]> = {
  code: "SND3330",
  severity: "error",
  text: (a, b) => `the two sides are of different kinds: ${a} and ${b}`,
};

/** What is said about names and types. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

/** A variable as its author wrote it: the copies of macros mark theirs. */
function written(name: string): string {
  return `$${name.replace(/~\d+$/, "")}`;
}

export const undefinedVariable: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1301",
  severity: "error",
  text: (name) => `undefined variable ${written(name)}`,
  hint: (_, near) => near ?? "expected an assignment before this, in this block or one around it",
};
export const unknownName: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1302",
  severity: "error",
  text: (name) => `unknown name ${name}`,
  hint: (_, near) => near ?? "expected a builtin (pid, comm, nsecs ...) or a constant of the kernel's enums",
};
export const unknownField: M<readonly [type: string, name: string, near: string | undefined]> = {
  code: "SND1303",
  severity: "error",
  text: (type, name) => `${type} has no field ${name}`,
  hint: (_, __, near) => near,
};
export const unknownType: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1304",
  severity: "error",
  text: (name) => `unknown type ${name}`,
  hint: (_, near) => near,
};
export const noBtf: M<readonly [what: string]> = {
  code: "SND1305",
  severity: "error",
  text: (what) => `${what} needs the kernel's types, and there is no BTF for this kernel`,
  hint: () => "expected /sys/kernel/btf/vmlinux, which kernels have that are built with CONFIG_DEBUG_INFO_BTF",
};
export const typeMismatch: M<readonly [found: string, expected: string]> = {
  code: "SND1306",
  severity: "error",
  text: (found, expected) => `type mismatch: this is ${found}, not ${expected}`,
};
export const operandTypes: M<readonly [op: string, left: string, right: string]> = {
  code: "SND1307",
  severity: "error",
  text: (op, left, right) => `${op} can't be used on ${left} and ${right}`,
};
export const operandType: M<readonly [op: string, type: string, expected: string]> = {
  code: "SND1308",
  severity: "error",
  text: (op, type) => `${op} can't be used on ${type}`,
  hint: (_, __, expected) => `expected ${expected}`,
};
export const variableType: M<readonly [name: string, type: string, found: string]> = {
  code: "SND1309",
  severity: "error",
  text: (name, type, found) => `${written(name)} is ${type} and can't hold ${found}`,
};
export const cutToFit: M<readonly [name: string, type: string, found: string]> = {
  code: "SND1331",
  severity: "warning",
  text: (name, type, found) => `${written(name)} is ${type}: ${found} is cut to fit`,
  hint: (_, type) => `if that is meant, say so by a cast: (${type})`,
};
export const redeclared: M<readonly [name: string]> = {
  code: "SND1310",
  severity: "error",
  text: (name) => `${written(name)} was already declared; a variable can't be hidden by another of its name`,
};
export const notAStruct: M<readonly [type: string]> = {
  code: "SND1311",
  severity: "error",
  text: (type) => `this is ${type}, which has no members`,
  hint: (type) => (/^u?int64$/.test(type) ? "cast it first, as in ((struct task_struct *)value)->pid" : undefined),
};
export const notIndexable: M<readonly [type: string]> = {
  code: "SND1313",
  severity: "error",
  text: (type) => `${type} has no elements`,
  hint: () => "expected an array or a pointer",
};
export const indexRange: M<readonly [index: string, length: number]> = {
  code: "SND1314",
  severity: "error",
  text: (index, length) => `element ${index} of an array of ${length}`,
  hint: (_, length) => `expected 0 to ${length - 1}`,
};
export const notHere: M<readonly [name: string, provider: string, instead: string | undefined]> = {
  code: "SND1315",
  severity: "error",
  text: (name, provider) => `${name} is not available in ${provider} probes`,
  hint: (_, __, instead) => instead,
};
export const argumentCount: M<readonly [name: string, count: number]> = {
  code: "SND1316",
  severity: "error",
  text: (name, count) => `${name} does not exist: the function has ${count} argument${count === 1 ? "" : "s"}`,
};
export const mixedSigns: M<readonly [op: string, left: string, right: string]> = {
  code: "SND1317",
  severity: "warning",
  text: (op, left, right) => `${op} on ${left} and ${right} treats both as unsigned`,
  hint: () => "cast one of them to say what is meant",
};
export const typeAsValue: M = {
  code: "SND1329",
  severity: "error",
  text: () => "a type stands where a value is expected",
  hint: () => "types are arguments of macros only, where the parameter stands for a type: sizeof(T), (T)x, typeof(T)",
};
export const becomesSigned: M<readonly [found: string, type: string]> = {
  code: "SND1328",
  severity: "warning",
  text: (found, type) => `this ${found} is kept as ${type}, since signed numbers are kept in the same place`,
  hint: () => "cast it, as in (int64)value, to say that this is meant",
};
export const noEffect: M = {
  code: "SND1318",
  severity: "warning",
  text: () => "this value is not used",
  hint: () => "assign it, or write _ = ... to say that this is meant",
};
export const outsideLoop: M<readonly [what: string]> = {
  code: "SND1319",
  severity: "error",
  text: (what) => `${what} outside of a loop`,
};
export const returnsValue: M = {
  code: "SND1320",
  severity: "error",
  text: () => "a probe returns no value",
  hint: () => "expected: return;",
};
export const notConstant: M<readonly [what: string]> = {
  code: "SND1321",
  severity: "error",
  text: (what) => `${what} must be a constant`,
};
export const outOfRange: M<readonly [what: string, range: string]> = {
  code: "SND1322",
  severity: "error",
  text: (what, range) => `${what} must be ${range}`,
};
export const noValue: M<readonly [what: string]> = {
  code: "SND1323",
  severity: "error",
  text: (what) => `${what} gives no value`,
};
export const noSuchCast: M<readonly [from: string, to: string]> = {
  code: "SND1324",
  severity: "error",
  text: (from, to) => `${from} can't be cast to ${to}`,
};
export const unreadableArgument: M<readonly [name: string, why: string | undefined]> = {
  code: "SND1341",
  severity: "error",
  text: (name, why) => `the argument ${name} can't be read: ${why ?? "the language has no values of its type"}`,
};
export const unreadableField: M<readonly [name: string, type: string]> = {
  code: "SND1904",
  severity: "error",
  text: (name, type) => `the field ${name} of type ${type} is not supported yet`,
};
export const defineNotConstant: M<readonly [name: string]> = {
  code: "SND1325",
  severity: "error",
  text: (name) => `#define ${name} stands for no number and no text`,
  hint: () => "expected a constant expression; code of your own is a macro of the language: macro name(x) { x + 1 }",
};
export const noAddress: M = {
  code: "SND1327",
  severity: "error",
  text: () => "this is a value of the program's own, which has no address",
  hint: () => "only what a pointer leads to has one: &$p->member, &$p->array[1]",
};
export const unknownArguments: M<readonly [probe: string, why: string]> = {
  code: "SND1340",
  severity: "error",
  text: (probe, why) => `the arguments of ${probe} are not known: ${why}`,
  hint: () => "compile it with -g, install its debug package, or use arg0, arg1 ... and casts",
};
export const badProbeInfo: M<readonly [name: string]> = {
  code: "SND1326",
  severity: "error",
  text: (name) => `the arguments of ${name} are not in the kernel's types`,
  hint: () => "use arg0, arg1 ... and casts",
};

/**
 * Declarations of a kernel for authors of monitors: they fill the interfaces of `sonde/probe` by module
 * augmentation, so that an editor completes names and fields, and `tsc` finds the wrong ones.
 */
import type { Btf, TypeId } from "@sonde/bpf/btf";
import { recordStruct } from "../kernel/records.ts";
import { syscallArguments } from "../kernel/syscalls.ts";
import { functionPrototype, tracepointPrototype, type Prototype } from "../types/prototypes.ts";
import { objectText, propertyName, TypeText } from "./expression.ts";

export interface DeclaredNames {
  /** "sched:sched_switch". */
  readonly tracepoints: readonly string[];
  /** "sched_switch". */
  readonly btfTracepoints: readonly string[];
  /** "vfs_read". */
  readonly functions: readonly string[];
  /** With all that they lead to by pointers; structs that are only pointed at and not named here are empty. */
  readonly structs: readonly string[];
}

/** Members that every record of a tracepoint begins and ends with, which are not the event's own. */
const FRAME = ["ent", "__data"];

/**
 * The text of a `.d.ts` file.
 * @param title of its first line: what kernel it describes
 */
export function kernelDeclarations(btf: Btf, names: DeclaredNames, title: string): string {
  const structs = new Map<string, TypeId>();
  const types = new TypeText(btf, (id, name) => {
    if (!structs.has(name)) structs.set(name, id);
  });
  for (const name of names.structs) {
    const [id] = [...btf.find(name, "struct"), ...btf.find(name, "union")];
    if (id !== undefined) structs.set(name, id);
  }
  const tracepoints = entries(names.tracepoints, (name) => recordText(btf, types, name));
  const btfTracepoints = entries(names.btfTracepoints, (name) => prototypeText(types, tracepointPrototype(btf, name)));
  const functions = entries(names.functions, (name) => prototypeText(types, functionPrototype(btf, name)));
  // Bodies name more structs, which are met later in the same walk.
  const bodies: string[] = [];
  for (const [name, id] of structs) bodies.push(`    ${propertyName(name)}: ${types.body(id)};\n`);
  return [
    `// ${title}. Made by 'sonde types'; do not edit.\n`,
    `import type { array, kernelPointer, s8, s16, s32, s64, text, u8, u16, u32, u64, userPointer } from "sonde/probe";\n\n`,
    `declare module "sonde/probe" {\n`,
    `  interface Tracepoints {\n${tracepoints}  }\n`,
    `  interface BtfTracepoints {\n${btfTracepoints}  }\n`,
    `  interface KernelFunctions {\n${functions}  }\n`,
    `  interface KernelStructs {\n${bodies.join("")}  }\n`,
    `}\n`,
  ].join("");
}

function entries(names: readonly string[], text: (name: string) => string | undefined): string {
  return names
    .map((name) => [name, text(name)] as const)
    .map(([name, body]) => (body === undefined ? "" : `    ${propertyName(name)}: ${body};\n`))
    .join("");
}

function recordText(btf: Btf, types: TypeText, name: string): string | undefined {
  const [category = "", event = ""] = name.split(":");
  if (category === "syscalls") {
    if (event.startsWith("sys_exit_")) return objectText(new Map([["ret", "s64"]]));
    const params = syscallArguments(event.slice("sys_enter_".length));
    return params && objectText(new Map(params.flatMap((param) => [[param.name, types.of(param.type) ?? "u64"]])));
  }
  const struct = recordStruct(btf, event);
  return struct === undefined ? undefined : types.body(struct, FRAME);
}

function prototypeText(types: TypeText, prototype: Prototype | undefined): string | undefined {
  if (prototype === undefined) return undefined;
  const fields = new Map(prototype.params.flatMap(({ name, type }) => [[name, types.of(type) ?? "u64"]]));
  const result = types.of(prototype.result);
  if (result !== undefined) fields.set("retval", result);
  return objectText(fields);
}

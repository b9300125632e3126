/**
 * The kernel's tracepoints. Each has a typedef `btf_trace_NAME` of a pointer to a prototype, by which
 * the verifier knows its arguments; their names are only in the functions that the kernel makes for it.
 */
import type { Btf, BtfType, TypeId } from "../btf.ts";
import { resolve } from "../members.ts";

const PREFIX = "btf_trace_";
/** Functions with the same parameters, the first of which is the tracepoint's own data. */
const NAMED = ["__bpf_trace_", "__traceiter_", "__probestub_"];

export interface TracepointPrototype {
  readonly name: string;
  /** Without the first parameter, which programs are not given. */
  readonly prototype: Extract<BtfType, { kind: "funcProto" }>;
  /** Names of its parameters, as far as they are known. */
  readonly parameters: readonly string[];
}

/** What tracepoint a type is the prototype of; undefined if it is none. */
export function tracepointOf(btf: Btf, id: TypeId): TracepointPrototype | undefined {
  const type = btf.type(id);
  if (type.kind !== "typedef" || !type.name.startsWith(PREFIX)) return undefined;
  const pointer = resolve(btf, type.type);
  const prototype = pointer.kind === "ptr" ? resolve(btf, pointer.type) : pointer;
  if (prototype.kind !== "funcProto") return undefined;
  const name = type.name.slice(PREFIX.length);
  return {
    name,
    prototype: { ...prototype, params: prototype.params.slice(1) },
    parameters: parameterNames(btf, name, prototype.params.length),
  };
}

function parameterNames(btf: Btf, name: string, count: number): readonly string[] {
  for (const prefix of NAMED) {
    for (const id of btf.find(prefix + name, "func")) {
      const func = btf.type(id);
      const prototype = func.kind === "func" ? btf.type(func.type) : func;
      if (prototype.kind === "funcProto" && prototype.params.length === count)
        return prototype.params.slice(1).map((param) => param.name);
    }
  }
  return [];
}

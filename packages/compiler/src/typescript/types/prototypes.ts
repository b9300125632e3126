/** Arguments and results of kernel functions and tracepoints, by BTF. */
import { resolve, type Btf, type TypeId } from "@sonde/bpf/btf";
import { fromBtf } from "./from-btf.ts";
import type { Type } from "./type.ts";

export interface Prototype {
  readonly params: readonly Param[];
  /** Undefined for void. */
  readonly result: Type | undefined;
}
export interface Param {
  readonly name: string;
  /** Undefined for what handlers have no value for, such as a struct by value. */
  readonly type: Type | undefined;
}

/** Of a kernel function. */
export function functionPrototype(btf: Btf, name: string): Prototype | undefined {
  const id = btf.find(name, "func")[0];
  const func = id === undefined ? undefined : btf.type(id);
  return func?.kind === "func" ? prototype(btf, func.type) : undefined;
}

/**
 * Of a tracepoint. The kernel's `typedef void (*btf_trace_NAME)(void *, ...)` is what the verifier types
 * arguments by, but its parameters have no names. Those are in the functions that the same macro makes,
 * which of them depends on the kernel. The first parameter is not the tracepoint's.
 */
export function tracepointPrototype(btf: Btf, name: string): Prototype | undefined {
  if (btf.find(`btf_trace_${name}`, "typedef").length === 0) return undefined;
  for (const prefix of ["__probestub_", "__traceiter_", "__bpf_trace_"]) {
    const found = functionPrototype(btf, `${prefix}${name}`);
    if (found !== undefined) return { params: found.params.slice(1), result: undefined };
  }
  return undefined;
}

/** Of a context that is a struct of pointers, in their order. */
export function pointerMembers(btf: Btf, name: string): readonly Param[] | undefined {
  const id = btf.find(name, "struct")[0];
  const struct = id === undefined ? undefined : btf.type(id);
  if (struct?.kind !== "struct") return undefined;
  return struct.members.map((member) => ({ name: member.name, type: fromBtf(btf, member.type) }));
}

/** Of a function's type; undefined if `id` is another type. */
export function prototype(btf: Btf, id: TypeId): Prototype | undefined {
  const type = resolve(btf, id);
  if (type.kind !== "funcProto") return undefined;
  return {
    params: type.params.map((param, index) => ({
      name: param.name === "" ? `arg${index}` : param.name,
      type: fromBtf(btf, param.type),
    })),
    result: fromBtf(btf, type.result),
  };
}

/** Names for suggestions. */
export function* tracepointNames(btf: Btf): Iterable<string> {
  for (const name of btf.names("typedef")) if (name.startsWith("btf_trace_")) yield name.slice("btf_trace_".length);
}

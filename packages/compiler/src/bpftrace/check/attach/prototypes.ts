/** The arguments and results of kernel functions, by BTF. */
import { resolve, type Btf, type TypeId } from "@sonde/bpf/btf";
import type { Type } from "../../types.ts";
import { fromBtf } from "../kernel-types.ts";
import type { Uses } from "./uses.ts";

export interface Prototype {
  readonly params: readonly { readonly name: string; readonly type: Type }[];
  readonly result: Type | undefined;
}

/** Of a function by name; `trusted`: its arguments come from a tracing program's context. */
export function prototypeOf(btf: Btf | undefined, name: string, trusted: boolean): Prototype | undefined {
  const id = btf?.find(name, "func")[0];
  const func = btf === undefined || id === undefined ? undefined : btf.type(id);
  return btf !== undefined && func?.kind === "func" ? parametersOf(btf, func.type, trusted) : undefined;
}

function parametersOf(btf: Btf, id: TypeId, trusted: boolean): Prototype | undefined {
  const type = resolve(btf, id);
  if (type.kind !== "funcProto") return undefined;
  const place = { space: "kernel", trusted } as const;
  const result = fromBtf(btf, type.result, place);
  return {
    params: type.params.map((param, i) => ({
      name: param.name === "" ? `arg${i}` : param.name,
      type: fromBtf(btf, param.type, place),
    })),
    result: result.kind === "void" ? undefined : result,
  };
}

/** Equal for prototypes that a handler cannot tell apart: by the arguments that it names, and where its result lies. */
export function signatureOf(prototype: Prototype | undefined, uses: Uses): string {
  if (prototype === undefined) return "unknown";
  const used = uses.fields.map((name) => {
    const index = prototype.params.findIndex((param) => param.name === name);
    return [name, index, prototype.params[index]?.type];
  });
  return JSON.stringify([used, uses.retval ? [prototype.params.length, prototype.result] : []]);
}

/**
 * The kernel's `typedef void (*btf_trace_NAME)(void *, ...)` is what the verifier types arguments by,
 * but its parameters have no names. Those are in the functions that the same macro makes, which of
 * them depends on the kernel. The first parameter is not the tracepoint's.
 */
export function rawPrototype(btf: Btf, name: string): Prototype | undefined {
  if (btf.find(`btf_trace_${name}`, "typedef").length === 0) return undefined;
  for (const prefix of ["__probestub_", "__traceiter_", "__bpf_trace_"]) {
    const prototype = prototypeOf(btf, `${prefix}${name}`, true);
    if (prototype !== undefined) return { ...prototype, params: prototype.params.slice(1) };
  }
  return undefined;
}

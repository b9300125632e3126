/** The parameters of a program's function, by its debugging information. */
import { DwarfError, signatureOf, type Arch, type Entry, type Parameter } from "@sonde/bpf/dwarf";
import { registers } from "../../../lowering/registers.ts";
import type { ParamPlace, RegisterParam, Type } from "../../types.ts";
import { NONE } from "../../values.ts";
import { USER, fromBtf } from "../kernel-types.ts";
import type { ProgramTypes, TracedProgram } from "../program-types.ts";

export interface UserArguments {
  readonly params: readonly RegisterParam[];
  /** Why nothing is known of them. */
  readonly missing?: string;
}

/** @param place a function by its symbol, or a copy of one that was inlined */
export function userArguments(
  types: ProgramTypes,
  program: TracedProgram,
  { symbol, inlined }: { readonly symbol: string | undefined; readonly inlined: Entry | undefined },
  arch: Arch,
): UserArguments {
  const { path } = program;
  try {
    const { debug, address } = program;
    if (debug === undefined) return { params: [], missing: `${path} has no debugging information` };
    const func = inlined ?? (address === undefined ? undefined : debug.dwarf.functionAt(address));
    if (func === undefined || address === undefined)
      return { params: [], missing: `the debugging information of ${path} says nothing of ${symbol ?? "the place"}` };
    // What compilers make of a function for few callers has a name with a dot: step.isra.0, step.constprop.1.
    const ownConvention = inlined !== undefined || symbol?.includes(".") === true;
    const { parameters } = signatureOf(func, arch, address, ownConvention);
    return { params: parameters.map((parameter) => paramOf(types, parameter, arch)) };
  } catch (error) {
    if (error instanceof DwarfError) return { params: [], missing: `${path}: ${error.message}` };
    throw error;
  }
}

function paramOf(types: ProgramTypes, { name, type: entry, place }: Parameter, arch: Arch): RegisterParam {
  const type = fromBtf(types, types.made.idOf(entry), USER);
  const known = registers(arch);
  const isStruct = type.kind === "struct" || type.kind === "array" || type.kind === "string";
  const unreadable = (why: string): RegisterParam => ({ name, type: NONE, why });
  const at = (where: ParamPlace): RegisterParam =>
    type.kind === "none" || type.kind === "void"
      ? unreadable("of a type that the language has none for")
      : { name, type, place: where };
  switch (place.kind) {
    case "float":
      return unreadable("a floating-point number, whose register the kernel does not hand over");
    case "unknown":
      return unreadable("optimized: where it is at this place is not said");
    case "stack":
      return at({ kind: "memory", pointer: known.sp, offset: place.offset });
    case "address":
      return at({ kind: "register", register: known.arguments[place.register] ?? 0 });
    case "registers": {
      const offsets = known.arguments.slice(place.first, place.first + place.count);
      return at(isStruct ? { kind: "struct", registers: offsets } : { kind: "register", register: offsets[0] ?? 0 });
    }
    case "located": {
      const { location } = place;
      if (location.kind === "constant")
        return isStruct
          ? unreadable("a struct that was optimized away")
          : at({ kind: "constant", value: location.value });
      const register = known.dwarf(location.number);
      if (register === undefined) return unreadable("in a register that the kernel does not hand over");
      if (location.kind === "memory") return at({ kind: "memory", pointer: register, offset: location.offset });
      if (!isStruct) return at({ kind: "register", register, plus: location.plus });
      return location.plus === 0
        ? at({ kind: "struct", registers: [register] })
        : unreadable("a struct that was optimized away");
    }
  }
}

/** Equal for parameters that a handler cannot tell apart. */
export function paramsText(params: readonly RegisterParam[], fields: readonly string[]): string {
  const used = fields.map((name) => params.find((param) => param.name === name));
  return JSON.stringify(used, (_, value: Type | bigint) => (typeof value === "bigint" ? String(value) : value));
}

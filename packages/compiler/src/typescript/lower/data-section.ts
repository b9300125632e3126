/** Parameters and globals: the variables of `.data`, which users and handlers change while programs run. */
import type { MapSpec, ParamView } from "@sonde/bpf/spec";
import { refuse } from "../../diagnostics/index.ts";
import type { ObjectTypes } from "../../lowering/object-types.ts";
import type { Declarations, GlobalDeclaration, ParamDeclaration } from "../authoring/declarations.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, typeArgumentsOf } from "../syntax/ast.ts";
import { dataTypeOf } from "../types/data-type.ts";
import type { TypeResolver } from "../types/resolve.ts";
import { alignOfType, BOOL, S64, sizeOfType, typeText, U64, type Type } from "../types/type.ts";

export interface Variable {
  readonly map: string;
  readonly offset: number;
  readonly type: Type;
}

const SECTION = ".data";

export class DataSection {
  readonly #variables = new Map<ParamDeclaration | GlobalDeclaration, Variable>();
  readonly #names = new Map<Variable, string>();
  readonly #content: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #size = 0;

  constructor({ params, globals }: Declarations, resolver: TypeResolver) {
    for (const param of params) {
      const [written] = typeArgumentsOf(param.site.node) ?? [];
      const type = written === undefined ? typeOfParam(param) : resolver.resolve(written, param.site.module);
      this.#add(param, type, param.initial);
    }
    for (const global of globals) {
      const [written] = typeArgumentsOf(global.site.node) ?? [];
      this.#add(global, resolver.resolve(written!, global.site.module), global.initial);
    }
  }

  variable(declaration: ParamDeclaration | GlobalDeclaration): Variable {
    const variable = this.#variables.get(declaration);
    if (variable === undefined) throw new Error(`the variable ${declaration.name} was not laid out`);
    return variable;
  }

  view(param: ParamDeclaration): ParamView {
    const { map, offset, type } = this.variable(param);
    const { name, short, help, initial, min, max } = param;
    return {
      name,
      ...(short === undefined ? {} : { short }),
      help,
      map,
      offset,
      type: dataTypeOf(type, () => ""),
      initial:
        typeof initial === "bigint"
          ? Number.isSafeInteger(Number(initial))
            ? Number(initial)
            : String(initial)
          : initial,
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    };
  }

  /** The section's map, if there is anything in it. */
  map(types: ObjectTypes): MapSpec | undefined {
    if (this.#variables.size === 0) return undefined;
    const data = new Uint8Array(this.#size);
    for (const { offset, bytes } of this.#content) data.set(bytes, offset);
    const variables = [...this.#variables.values()].map((variable) => ({
      name: this.#names.get(variable)!,
      offset: variable.offset,
      type: dataTypeOf(variable.type, () => ""),
    }));
    return {
      name: SECTION,
      type: "array",
      keySize: 4,
      valueSize: this.#size,
      maxEntries: 1,
      flags: 0,
      keyTypeId: 0,
      valueTypeId: types.section(SECTION, variables, this.#size),
      data,
    };
  }

  #add(declaration: ParamDeclaration | GlobalDeclaration, type: Type, initial: unknown): void {
    const align = Math.max(alignOfType(type), 1);
    const offset = Math.ceil(this.#size / align) * align;
    this.#size = offset + sizeOfType(type);
    const variable = { map: SECTION, offset, type };
    this.#variables.set(declaration, variable);
    this.#names.set(variable, declaration.name);
    if (initial !== undefined) {
      const bytes = encode(initial, type);
      if (bytes === undefined)
        refuse(messages.mismatch, spanOf(declaration.site.node), "the initial value", typeText(type));
      this.#content.push({ offset, bytes });
    }
  }
}

function typeOfParam({ initial, size }: ParamDeclaration): Type {
  switch (typeof initial) {
    case "boolean":
      return BOOL;
    case "string":
      return { kind: "text", size };
    default:
      return initial < 0 ? S64 : U64;
  }
}

/** Little-endian, as both architectures are; undefined if the value is none of the type's. */
export function encode(value: unknown, type: Type): Uint8Array | undefined {
  switch (type.kind) {
    case "bool":
      return typeof value === "boolean" ? Uint8Array.of(value ? 1 : 0) : undefined;
    case "text": {
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : undefined;
      return bytes !== undefined && bytes.length < type.size ? bytes : undefined;
    }
    case "int": {
      if (typeof value !== "bigint" && !Number.isSafeInteger(value)) return undefined;
      const bits = type.size * 8;
      const wide = BigInt(value as number | bigint);
      if ((type.signed ? BigInt.asIntN(bits, wide) : BigInt.asUintN(bits, wide)) !== wide) return undefined;
      return new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, wide)).buffer).slice(0, type.size);
    }
    case "record": {
      if (typeof value !== "object" || value === null) return undefined;
      const bytes = new Uint8Array(type.size);
      for (const field of type.fields) {
        const own = (value as Record<string, unknown>)[field.name];
        const part = own === undefined ? new Uint8Array(0) : encode(own, field.type);
        if (part === undefined) return undefined;
        bytes.set(part, field.offset);
      }
      return bytes;
    }
    default:
      return undefined;
  }
}

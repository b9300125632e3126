/** What structs and arrays hold that are copied as they lie in memory: for whoever prints them. */
import { findMember, type Btf } from "@sonde/bpf/btf";
import type { DataType, Field } from "@sonde/bpf/spec";
import { memberNames, memberType } from "../check/kernel-types.ts";
import type { Type } from "../types.ts";

/** Structs within structs. */
const MAX_DEPTH = 16;
/** Fields of one value, those of structs within it included. */
const MAX_FIELDS = 2000;

/** Undefined for a value that nobody could print: of unknown type, or of too many parts. */
export function memoryType(btf: Btf | undefined, type: Type): DataType | undefined {
  return new Description(btf).of(type, 0);
}

class Description {
  readonly #btf: Btf | undefined;
  #fields = 0;

  constructor(btf: Btf | undefined) {
    this.#btf = btf;
  }

  of(type: Type, depth: number): DataType | undefined {
    if (depth > MAX_DEPTH) return undefined;
    switch (type.kind) {
      case "int":
        return { kind: "int", size: type.size, signed: type.signed };
      case "enum":
        return { kind: "enum", size: type.size, signed: type.signed, names: type.names };
      case "bool":
        return { kind: "bool", size: 1 };
      case "pointer":
        return { kind: "pointer", size: 8 };
      case "string":
        return { kind: "string", size: type.size };
      case "array": {
        const element = this.of(type.element, depth + 1);
        return element && { kind: "array", size: element.size * type.length, length: type.length, element };
      }
      case "struct":
        return this.#struct(type, depth);
      default:
        return undefined;
    }
  }

  #struct(struct: Type & { kind: "struct" }, depth: number): DataType | undefined {
    const btf = this.#btf;
    if (btf === undefined) return undefined;
    const fields: Field[] = [];
    for (const name of memberNames(btf, struct.typeId)) {
      if (++this.#fields > MAX_FIELDS) return undefined;
      const found = findMember(btf, struct.typeId, name);
      const type = found && memberType(btf, struct, name);
      const data = type && this.of(type, depth + 1);
      // A member that the language has no type for is left out.
      if (found === undefined || data === undefined) continue;
      const { bitOffset, bitSize } = found;
      if (bitSize === 0) fields.push({ name, offset: bitOffset / 8, type: data });
      else {
        const size = data.kind === "int" || data.kind === "enum" ? data.size : 1;
        const offset = Math.floor(bitOffset / 8 / size) * size;
        const signed = data.kind === "int" && data.signed;
        fields.push({
          name,
          offset,
          type: { kind: "bits", size, signed, shift: bitOffset - offset * 8, bits: bitSize },
        });
      }
    }
    return { kind: "record", size: struct.size, fields };
  }
}

/** The kernel's types as authors of monitors see them: what `tsc` checks is what the compiler gives. */
import { resolve, type Btf, type TypeId } from "@sonde/bpf/btf";
import { fromBtf } from "../types/from-btf.ts";
import type { Type } from "../types/type.ts";

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Types as they are written; the structs that they name are told to `seen`. */
export class TypeText {
  readonly #btf: Btf;
  readonly #seen: (struct: TypeId, name: string) => void;

  constructor(btf: Btf, seen: (struct: TypeId, name: string) => void) {
    this.#btf = btf;
    this.#seen = seen;
  }

  /** Undefined for what handlers have no value for. */
  of(type: Type | undefined): string | undefined {
    switch (type?.kind) {
      case "int":
        return `${type.signed ? "s" : "u"}${type.size * 8}`;
      case "bool":
        return "boolean";
      case "text":
        return `text<${type.size}>`;
      case "array": {
        const element = this.of(type.element);
        return element === undefined ? undefined : `array<${element}, ${type.length}>`;
      }
      case "struct":
        return this.#struct(type.typeId, type.name);
      case "pointer": {
        if (type.user) return "userPointer";
        const to = resolve(this.#btf, type.to);
        if (to.kind === "fwd") {
          const defined = fromBtf(this.#btf, to.id);
          return defined?.kind === "struct" && defined.size > 0 ? this.of(defined) : "kernelPointer";
        }
        return to.kind === "struct" || to.kind === "union"
          ? (this.#struct(to.id, to.name) ?? "kernelPointer")
          : "kernelPointer";
      }
      default:
        return undefined;
    }
  }

  /** An object type with a struct's fields but `without`; those of members without a name are its own, as in C. */
  body(struct: TypeId, without: readonly string[] = []): string {
    const fields = new Map<string, string>();
    this.#gather(struct, fields, 0);
    for (const name of without) fields.delete(name);
    return objectText(fields);
  }

  #gather(struct: TypeId, fields: Map<string, string>, depth: number): void {
    const type = this.#btf.type(struct);
    if ((type.kind !== "struct" && type.kind !== "union") || depth > 16) return;
    for (const member of type.members) {
      if (member.name === "") {
        this.#gather(resolve(this.#btf, member.type).id, fields, depth + 1);
        continue;
      }
      const far = dataLocation(member.name);
      const text = far === undefined ? this.of(fromBtf(this.#btf, member.type)) : "string";
      if (text !== undefined) fields.set(far ?? member.name, text);
    }
  }

  #struct(id: TypeId, name: string): string | undefined {
    if (name === "") {
      const type = this.#btf.type(id);
      return (type.kind === "struct" || type.kind === "union") && type.members.length > 0 ? this.body(id) : undefined;
    }
    this.#seen(id, name);
    return `KernelStructs[${JSON.stringify(name)}]`;
  }
}

/** Records have `__data_loc_NAME` where a text of any length is: authors write NAME. */
function dataLocation(name: string): string | undefined {
  return /^__(?:data|rel)_loc_(.*)$/.exec(name)?.[1];
}

/** `{ readonly a: u32; readonly b: u64 }` */
export function objectText(fields: ReadonlyMap<string, string>): string {
  if (fields.size === 0) return "{}";
  return `{ ${[...fields].map(([name, text]) => `readonly ${propertyName(name)}: ${text}`).join("; ")} }`;
}

export function propertyName(name: string): string {
  return IDENTIFIER.test(name) ? name : JSON.stringify(name);
}

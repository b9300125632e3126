/**
 * Names as TypeScript takes them. Structs, unions, enums and typedefs share one space there; the second
 * of a name becomes `name___2`, as in C. Functions and variables are in another, with the enums'
 * objects.
 */
import type { Btf, BtfType, TypeId } from "../btf.ts";
import { resolve } from "../members.ts";
import { PRELUDE_NAMES } from "./prelude.ts";
import { scalarName } from "./scalars.ts";

const RESERVED = new Set(
  (
    "break case catch class const continue debugger default delete do else enum export extends false finally for function if " +
    "import in instanceof new null return super switch this throw true try typeof var void while with as implements " +
    "interface let package private protected public static yield await async arguments eval any unknown never undefined " +
    "string number boolean symbol object bigint type declare brand Brand"
  ).split(" "),
);

export class TypeScriptNames {
  readonly #btf: Btf;
  readonly #types = new Map<string, number>(PRELUDE_NAMES.map((name) => [name, 1]));
  readonly #values = new Map<string, number>();
  readonly #given = new Map<TypeId, string>();
  readonly #borrowed = new Set<TypeId>();

  /** Names for `ids`; a typedef of the name that its type has anyway is that type. */
  constructor(btf: Btf, ids: readonly TypeId[]) {
    this.#btf = btf;
    for (const pass of ["types", "aliases", "values"]) {
      for (const id of ids) {
        const type = btf.type(id);
        if (passOf(type) === pass) this.#name(type);
      }
    }
  }

  /** The name by which a type is referred to; undefined for one that has none and is written out. */
  of(id: TypeId): string | undefined {
    return this.#given.get(id);
  }

  /** Whether the name is that of another type, of which this one is only another word. */
  isBorrowed(id: TypeId): boolean {
    return this.#borrowed.has(id);
  }

  #name(type: BtfType): void {
    if (!("name" in type) || type.name === "" || this.#given.has(type.id)) return;
    const borrowed = this.#borrow(type);
    if (borrowed !== undefined) this.#borrowed.add(type.id);
    this.#given.set(type.id, borrowed ?? this.#unique(type));
  }

  #borrow(type: BtfType): string | undefined {
    if (type.kind === "fwd") {
      const [whole] = this.#btf.find(type.name, type.union ? "union" : "struct");
      if (whole === undefined) return undefined;
      this.#name(this.#btf.type(whole));
      return this.#given.get(whole);
    }
    if (type.kind !== "typedef") return undefined;
    const target = resolve(this.#btf, type.type);
    const name = scalarName(target) ?? this.#given.get(target.id);
    return name === type.name ? name : undefined;
  }

  #unique(type: Extract<BtfType, { readonly name: string }>): string {
    const name = identifier(type.name);
    const space = passOf(type) === "values" ? this.#values : this.#types;
    const count = (space.get(name) ?? 0) + 1;
    space.set(name, count);
    const unique = count === 1 ? name : `${name}___${count}`;
    // An enum's object goes by its name too, as does that of a typedef of an enum without one.
    const target = type.kind === "typedef" ? this.#btf.type(type.type) : type;
    if (target.kind === "enum" || target.kind === "enum64") this.#values.set(unique, 1);
    return unique;
  }
}

/** The name itself, or what TypeScript takes for it. */
export function identifier(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_$]/g, "_").replace(/^(?=[0-9])/, "_");
  return RESERVED.has(plain) ? `${plain}_` : plain;
}

/** The name of a property: any identifier, quoted if it is none. */
export function property(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) && name !== "__proto__" ? name : `[${JSON.stringify(name)}]`;
}

function passOf({ kind }: BtfType): string {
  switch (kind) {
    case "struct":
    case "union":
    case "enum":
    case "enum64":
    case "fwd":
      return "types";
    case "typedef":
      return "aliases";
    case "func":
    case "var":
      return "values";
    default:
      return "";
  }
}

/** Types as they are written where they are used: by their name, or written out if they have none. */
import type { BtfMember, BtfParam, BtfType, TypeId } from "../btf.ts";
import type { Types } from "../c/declarator.ts";
import { BtfError } from "../errors.ts";
import { isComposite, resolve } from "../members.ts";
import type { Composite } from "../members.ts";
import { identifier, property } from "./names.ts";
import type { TypeScriptNames } from "./names.ts";
import { scalarName } from "./scalars.ts";

type Enum = Extract<BtfType, { kind: "enum" | "enum64" }>;
type Prototype = Extract<BtfType, { kind: "funcProto" }>;

/** Types without a name nest no deeper in C that people wrote. */
const MAX_DEPTH = 64;

export class Expressions {
  readonly #btf: Types;
  readonly #names: TypeScriptNames;

  /** `btf` is bounded to what one declaration may refer to. */
  constructor(btf: Types, names: TypeScriptNames) {
    this.#btf = btf;
    this.#names = names;
  }

  of(id: TypeId, depth = 0): string {
    if (depth > MAX_DEPTH) throw new BtfError(`BTF type ${id} nests more than ${MAX_DEPTH} deep without a name`);
    const type = this.#btf.type(id);
    switch (type.kind) {
      case "ptr":
        return this.#pointer(type.type, depth);
      case "array":
        return this.#array(type.type, type.length, depth);
      case "struct":
      case "union":
        return this.#names.of(id) ?? this.body(type, depth + 1);
      case "enum":
      case "enum64":
        return this.#names.of(id) ?? enumerators(type);
      case "const":
      case "volatile":
      case "restrict":
      case "typeTag":
      case "declTag":
        return this.of(type.type, depth + 1);
      case "funcProto":
        return `(${this.parameters(type, [], depth)}) => ${this.of(type.result, depth + 1)}`;
      case "fwd":
      case "typedef":
      case "func":
      case "var":
      case "datasec":
        return this.#names.of(id) ?? "unknown";
      case "void":
        return "void";
      case "int":
      case "float":
        return scalarName(type)!;
    }
  }

  /** Between braces, with the members of anonymous structs in it: C lets them be named as if they were its own. */
  body(type: Composite, depth = 1): string {
    const indent = "  ".repeat(depth);
    const seen = new Set<string>();
    const lines = this.#fields(type, 0, depth, seen).map((line) => `${indent}${line}\n`);
    return `{\n${lines.join("")}${"  ".repeat(depth - 1)}}`;
  }

  /** `names` stand in for those that the prototype does not give. */
  parameters(type: Prototype, names: readonly string[] = [], depth = 0): string {
    const used = new Set<string>();
    const name = (param: BtfParam, index: number): string => {
      const wanted = identifier(param.name || names[index] || `arg${index}`);
      const unique = used.has(wanted) ? `${wanted}_${index}` : wanted;
      used.add(unique);
      return unique;
    };
    return type.params
      .map((param, index) =>
        param.name === "" && param.type === 0
          ? "...rest: readonly unknown[]"
          : `${name(param, index)}: ${this.of(param.type, depth + 1)}`,
      )
      .join(", ");
  }

  #fields(type: Composite, base: number, depth: number, seen: Set<string>): string[] {
    if (depth > MAX_DEPTH) throw new BtfError(`BTF type ${type.id} nests more than ${MAX_DEPTH} deep without a name`);
    return type.members.flatMap((member) => {
      const at = base + member.bitOffset;
      if (member.name !== "") {
        if (seen.has(member.name)) return [];
        seen.add(member.name);
        return [`readonly ${property(member.name)}: ${this.of(member.type, depth)}; // ${place(member, at)}`];
      }
      const inner = resolve(this.#btf, member.type);
      return isComposite(inner) ? this.#fields(inner, at, depth + 1, seen) : [];
    });
  }

  /** Tags that say which memory is meant stand on what is pointed to. */
  #pointer(target: TypeId, depth: number): string {
    const tags: string[] = [];
    let type = this.#btf.type(target);
    while (type.kind === "const" || type.kind === "volatile" || type.kind === "restrict" || type.kind === "typeTag") {
      if (type.kind === "typeTag") tags.push(JSON.stringify(type.name));
      type = this.#btf.type(type.type);
    }
    const spaces = tags.length === 0 ? "" : `, ${tags.join(" | ")}`;
    return `Ptr<${this.of(type.id, depth + 1)}${spaces}>`;
  }

  #array(element: TypeId, length: number, depth: number): string {
    const type = resolve(this.#btf, element);
    if (length > 0 && scalarName(type) === "char") return `Text<${length}>`;
    const text = this.of(element, depth + 1);
    return length > 0 ? `List<${text}, ${length}>` : `ReadonlyArray<${text}>`;
  }
}

/** The literal for a value: numbers as far as 32 bits, bigints for enums that need more. */
export function literal(type: Enum, value: bigint): string {
  return type.size === 8 ? `${value}n` : `${value}`;
}

function enumerators(type: Enum): string {
  if (type.values.length === 0) return "u32";
  return type.values.map(({ name, value }) => `/* ${name} */ ${literal(type, value)}`).join(" | ");
}

function place({ bitSize }: BtfMember, at: number): string {
  return bitSize === 0 ? `+${at >> 3}` : `+${at >> 3}.${at & 7} :${bitSize}`;
}

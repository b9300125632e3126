/** Single types as C writes them, for people to read. A header for a compiler: c/header.ts. */
import type { Btf, BtfType, TypeId } from "./btf.ts";
import { bounded, declarator, join, MAX_DEPTH } from "./c/declarator.ts";
import type { Spelling, Types } from "./c/declarator.ts";
import { BtfError } from "./errors.ts";
import type { Composite } from "./members.ts";

/**
 * A declaration of `name` with this type: "const char *comm", "int (*show)(struct seq_file *, void *)",
 * "u8 addr[6]". Without a name it is the type alone: "struct task_struct *".
 */
export function declaration(btf: Btf, id: TypeId, name = ""): string {
  return declare(bounded(btf, id), id, name);
}

/** The whole of a struct, union, enum or typedef, over several lines, with a final semicolon. */
export function definition(types: Btf, id: TypeId): string {
  const btf = bounded(types, id);
  const type = btf.type(id);
  switch (type.kind) {
    case "struct":
    case "union":
      return `${composite(btf, type, "")};`;
    case "enum":
    case "enum64":
      return `${enumeration(type, "")};`;
    case "typedef":
      return `typedef ${declare(btf, type.type, type.name)};`;
    case "func":
      return `${declare(btf, type.type, type.name)};`;
    default:
      return `${declare(btf, id, "name" in type ? type.name : "")};`;
  }
}

function declare(btf: Types, id: TypeId, name: string): string {
  return declarator(btf, id, name, spelling(btf, ""));
}

/** Type tags are left out; anonymous types stand where they are used, indented like it. */
function spelling(btf: Types, indent: string): Spelling {
  return {
    base: (type) => baseName(btf, type, indent),
    typeTag: () => "",
    parameter: ({ name }) => name,
    noLength: "",
  };
}

function baseName(btf: Types, type: BtfType, indent: string): string {
  switch (type.kind) {
    case "void":
      return "void";
    case "struct":
    case "union":
      return type.name === "" ? composite(btf, type, indent) : `${type.kind} ${type.name}`;
    case "enum":
    case "enum64":
      return type.name === "" ? enumeration(type, indent) : `enum ${type.name}`;
    case "fwd":
      return `${type.union ? "union" : "struct"} ${type.name}`;
    default:
      return "name" in type ? type.name : type.kind;
  }
}

function composite(btf: Types, type: Composite, indent: string): string {
  const deeper = `${indent}\t`;
  if (deeper.length > MAX_DEPTH) throw new BtfError(`BTF type ${type.id} nests more than ${MAX_DEPTH} deep`);
  const lines = type.members.map(
    ({ type: id, name, bitSize }) =>
      `${deeper}${declarator(btf, id, name, spelling(btf, deeper))}${bitSize > 0 ? `:${bitSize}` : ""};\n`,
  );
  return `${join(type.kind, type.name)} {\n${lines.join("")}${indent}}`;
}

function enumeration(type: Extract<BtfType, { kind: "enum" | "enum64" }>, indent: string): string {
  const lines = type.values.map(({ name, value }) => `${indent}\t${name} = ${value},\n`);
  return `${join("enum", type.name)} {\n${lines.join("")}${indent}}`;
}

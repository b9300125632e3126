/** Types as C writes them. */
import type { Btf, BtfType, TypeId } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { isComposite } from "./members.ts";

/**
 * A declaration of `name` with this type: "const char *comm", "int (*show)(struct seq_file *, void *)",
 * "u8 addr[6]". Without a name it is the type alone: "struct task_struct *".
 */
export function declaration(btf: Btf, id: TypeId, name = ""): string {
  return declare(bounded(btf, id), id, name, 0);
}

/** The whole of a struct, union, enum or typedef, over several lines, with a final semicolon. */
export function definition(types: Btf, id: TypeId): string {
  const btf = bounded(types, id);
  const type = btf.type(id);
  switch (type.kind) {
    case "struct": case "union": return `${composite(btf, type, "", 0)};`;
    case "enum": case "enum64": return `${enumeration(type, "")};`;
    case "typedef": return `typedef ${declare(btf, type.type, type.name, 0)};`;
    case "func": return `${declare(btf, type.type, type.name, 0)};`;
    default: return `${declare(btf, id, "name" in type ? type.name : "", 0)};`;
  }
}

type Types = Pick<Btf, "type">;

/** Deeper than any declaration of C; beyond it a type contains itself. */
const MAX_DEPTH = 64;
/** References followed for one text: the kernel's largest struct has some three hundred members. */
const MAX_REFERENCES = 20_000;

/** The same types; BtfError when so many have been asked for that the text would have no end. */
function bounded(btf: Btf, id: TypeId): Types {
  let left = MAX_REFERENCES;
  return {
    type: (of) => {
      if (left-- === 0) throw new BtfError(`BTF type ${id} refers to more than ${MAX_REFERENCES} types`);
      return btf.type(of);
    },
  };
}

/** C declarators grow outwards from the name: pointers to the left, arrays and parameters to the right. */
function declare(btf: Types, id: TypeId, inner: string, depth: number): string {
  if (depth > MAX_DEPTH) throw new BtfError(`BTF type ${id} nests more than ${MAX_DEPTH} deep`);
  const deeper = depth + 1;
  const type = btf.type(id);
  switch (type.kind) {
    case "ptr": {
      const target = btf.type(type.type);
      const pointer = `*${inner}`;
      return declare(btf, type.type, target.kind === "array" || target.kind === "funcProto" ? `(${pointer})` : pointer, deeper);
    }
    case "array": return declare(btf, type.type, `${inner}[${type.length === 0 ? "" : type.length}]`, deeper);
    case "funcProto": return declare(btf, type.result, `${inner}(${parameters(btf, type.params, deeper)})`, deeper);
    case "func": case "var": return declare(btf, type.type, inner === "" ? type.name : inner, deeper);
    case "const": case "volatile": case "restrict": return qualified(btf, type.kind, type.type, inner, deeper);
    case "typeTag": case "declTag": return declare(btf, type.type, inner, deeper);
    default: return join(baseName(btf, type, deeper), inner);
  }
}

/** A qualifier of a pointer stands behind its star, any other before the type. */
function qualified(btf: Types, qualifier: string, target: TypeId, inner: string, depth: number): string {
  if (btf.type(target).kind === "ptr") return declare(btf, target, ` ${join(qualifier, inner)}`, depth);
  return `${qualifier} ${declare(btf, target, inner, depth)}`;
}

function baseName(btf: Types, type: BtfType, depth: number): string {
  switch (type.kind) {
    case "void": return "void";
    case "struct": case "union": return type.name === "" ? composite(btf, type, "", depth) : `${type.kind} ${type.name}`;
    case "enum": case "enum64": return type.name === "" ? enumeration(type, "") : `enum ${type.name}`;
    case "fwd": return `${type.union ? "union" : "struct"} ${type.name}`;
    default: return "name" in type ? type.name : type.kind;
  }
}

function parameters(btf: Types, params: readonly { readonly name: string; readonly type: TypeId }[], depth: number): string {
  if (params.length === 0) return "void";
  return params.map(({ name, type }) => name === "" && type === 0 ? "..." : declare(btf, type, name, depth)).join(", ");
}

function composite(btf: Types, type: BtfType, indent: string, depth: number): string {
  if (!isComposite(type)) return "";
  if (depth > MAX_DEPTH) throw new BtfError(`BTF type ${type.id} nests more than ${MAX_DEPTH} deep`);
  const deeper = `${indent}\t`;
  const lines = type.members.map((member) => {
    const target = btf.type(member.type);
    const bits = member.bitSize > 0 ? `:${member.bitSize}` : "";
    const nested = isComposite(target) && target.name === "";
    const text = nested ? join(composite(btf, target, deeper, depth + 1), member.name) : declare(btf, member.type, member.name, depth + 1);
    return `${deeper}${text}${bits};\n`;
  });
  return `${join(type.kind, type.name)} {\n${lines.join("")}${indent}}`;
}

function enumeration(type: Extract<BtfType, { kind: "enum" | "enum64" }>, indent: string): string {
  const lines = type.values.map(({ name, value }) => `${indent}\t${name} = ${value},\n`);
  return `${join("enum", type.name)} {\n${lines.join("")}${indent}}`;
}

function join(left: string, right: string): string {
  return right === "" ? left : `${left} ${right}`;
}

/** Types as C writes them. */
import type { Btf, BtfType, TypeId } from "./btf.ts";
import { isComposite } from "./members.ts";

/**
 * A declaration of `name` with this type: "const char *comm", "int (*show)(struct seq_file *, void *)",
 * "u8 addr[6]". Without a name it is the type alone: "struct task_struct *".
 */
export function declaration(btf: Btf, id: TypeId, name = ""): string {
  return declare(btf, id, name);
}

/** The whole of a struct, union, enum or typedef, over several lines, with a final semicolon. */
export function definition(btf: Btf, id: TypeId): string {
  const type = btf.type(id);
  switch (type.kind) {
    case "struct": case "union": return `${composite(btf, type, "")};`;
    case "enum": case "enum64": return `${enumeration(type, "")};`;
    case "typedef": return `typedef ${declare(btf, type.type, type.name)};`;
    case "func": return `${declare(btf, type.type, type.name)};`;
    default: return `${declare(btf, id, "name" in type ? type.name : "")};`;
  }
}

/** C declarators grow outwards from the name: pointers to the left, arrays and parameters to the right. */
function declare(btf: Btf, id: TypeId, inner: string): string {
  const type = btf.type(id);
  switch (type.kind) {
    case "ptr": {
      const target = btf.type(type.type);
      const pointer = `*${inner}`;
      return declare(btf, type.type, target.kind === "array" || target.kind === "funcProto" ? `(${pointer})` : pointer);
    }
    case "array": return declare(btf, type.type, `${inner}[${type.length === 0 ? "" : type.length}]`);
    case "funcProto": return declare(btf, type.result, `${inner}(${parameters(btf, type.params)})`);
    case "func": case "var": return declare(btf, type.type, inner === "" ? type.name : inner);
    case "const": case "volatile": case "restrict": return qualified(btf, type.kind, type.type, inner);
    case "typeTag": case "declTag": return declare(btf, type.type, inner);
    default: return join(baseName(btf, type), inner);
  }
}

/** A qualifier of a pointer stands behind its star, any other before the type. */
function qualified(btf: Btf, qualifier: string, target: TypeId, inner: string): string {
  if (btf.type(target).kind === "ptr") return declare(btf, target, ` ${join(qualifier, inner)}`);
  return `${qualifier} ${declare(btf, target, inner)}`;
}

function baseName(btf: Btf, type: BtfType): string {
  switch (type.kind) {
    case "void": return "void";
    case "struct": case "union": return type.name === "" ? composite(btf, type, "") : `${type.kind} ${type.name}`;
    case "enum": case "enum64": return type.name === "" ? enumeration(type, "") : `enum ${type.name}`;
    case "fwd": return `${type.union ? "union" : "struct"} ${type.name}`;
    default: return "name" in type ? type.name : type.kind;
  }
}

function parameters(btf: Btf, params: readonly { readonly name: string; readonly type: TypeId }[]): string {
  if (params.length === 0) return "void";
  return params.map(({ name, type }) => name === "" && type === 0 ? "..." : declare(btf, type, name)).join(", ");
}

function composite(btf: Btf, type: BtfType, indent: string): string {
  if (!isComposite(type)) return "";
  const deeper = `${indent}\t`;
  const lines = type.members.map((member) => {
    const target = btf.type(member.type);
    const bits = member.bitSize > 0 ? `:${member.bitSize}` : "";
    const nested = isComposite(target) && target.name === "";
    const text = nested ? join(composite(btf, target, deeper), member.name) : declare(btf, member.type, member.name);
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

/** C's declarators: types grow outwards from the name, pointers to the left, arrays and parameters to the right. */
import type { Btf, BtfParam, BtfType, TypeId } from "../btf.ts";

/** What differs between printing one type for a reader and printing a header for a compiler. */
export interface Spelling {
  /** A type that is no derivation of another: "u32", "struct file", "struct { int a; }". */
  readonly base: (type: BtfType) => string;
  /** A type tag as an attribute, or nothing to leave it out. */
  readonly typeTag: (type: Extract<BtfType, { kind: "typeTag" }>) => string;
  readonly parameter: (param: BtfParam, index: number) => string;
  /** The length of an array that has none: "" or "0". */
  readonly noLength: string;
}

/** A declaration of `inner`, which is a name, the inside of a declarator, or nothing. */
export function declarator(btf: Btf, id: TypeId, inner: string, spelling: Spelling): string {
  const declare = (target: TypeId, text: string): string => declarator(btf, target, text, spelling);
  const type = btf.type(id);
  switch (type.kind) {
    case "ptr":
      return declare(type.type, isPostfix(btf, type.type) ? `(*${inner})` : `*${inner}`);
    case "array":
      return declare(type.type, `${inner}[${type.length === 0 ? spelling.noLength : type.length}]`);
    case "funcProto":
      return declare(type.result, `${inner}(${parameters(btf, type.params, spelling)})`);
    case "const": case "volatile": case "restrict":
      return qualified(btf, type.kind, type.type, inner, spelling);
    case "typeTag":
      return declare(type.type, join(spelling.typeTag(type), inner));
    case "func": case "var":
      return declare(type.type, inner === "" ? type.name : inner);
    case "declTag":
      return declare(type.type, inner);
    default:
      return join(spelling.base(type), inner);
  }
}

/** "left right", or either alone. */
export function join(left: string, right: string): string {
  return left === "" || right === "" ? left + right : `${left} ${right}`;
}

/** A qualifier of a pointer stands behind its star, any other before the type; a function has none in C. */
function qualified(btf: Btf, qualifier: string, target: TypeId, inner: string, spelling: Spelling): string {
  const { kind } = behindQualifiers(btf, target);
  if (kind === "funcProto" || isAlready(btf, qualifier, target)) return declarator(btf, target, inner, spelling);
  if (kind === "ptr") return declarator(btf, target, ` ${join(qualifier, inner.trimStart())}`, spelling);
  return `${qualifier} ${declarator(btf, target, inner, spelling)}`;
}

/** Compilers qualify an array whose elements are qualified; C need hear it once. */
function isAlready(btf: Btf, qualifier: string, id: TypeId): boolean {
  const type = behindQualifiers(btf, id, qualifier);
  return type.kind === qualifier || (type.kind === "array" && isAlready(btf, qualifier, type.type));
}

/** Whether a pointer to this type needs parentheses. */
function isPostfix(btf: Btf, id: TypeId): boolean {
  const { kind } = behindQualifiers(btf, id);
  return kind === "array" || kind === "funcProto";
}

/** The type behind qualifiers and tags, or the first that is of kind `until`. */
function behindQualifiers(btf: Btf, id: TypeId, until?: string): BtfType {
  let type = btf.type(id);
  while (type.kind === "const" || type.kind === "volatile" || type.kind === "restrict" || type.kind === "typeTag") {
    if (type.kind === until) break;
    type = btf.type(type.type);
  }
  return type;
}

function parameters(btf: Btf, params: readonly BtfParam[], spelling: Spelling): string {
  if (params.length === 0) return "void";
  const texts = params.map((param, index) =>
    param.name === "" && param.type === 0 ? "..." : declarator(btf, param.type, spelling.parameter(param, index), spelling),
  );
  return texts.join(", ");
}

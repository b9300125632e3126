/** C's declarators: types grow outwards from the name, pointers to the left, arrays and parameters to the right. */
import type { Btf, BtfParam, BtfType, TypeId } from "../btf.ts";
import { BtfError } from "../errors.ts";

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

/** Deeper than the kernel lets types nest; beyond it a type is taken to contain itself. */
export const MAX_DEPTH = 32;
/** References followed for one text: the kernel's largest struct has some three hundred members. */
const MAX_REFERENCES = 20_000;

/** The same types; BtfError when so many have been asked for that the text would have no end. */
export function bounded(btf: Btf, subject: TypeId): Types {
  let left = MAX_REFERENCES;
  return {
    type: (id) => {
      if (left-- === 0) throw new BtfError(`BTF type ${subject} refers to more than ${MAX_REFERENCES} types`);
      return btf.type(id);
    },
  };
}

export type Types = Pick<Btf, "type">;

/** A declaration of `inner`, which is a name, the inside of a declarator, or nothing. Throws BtfError for a type without end. */
export function declarator(btf: Types, id: TypeId, inner: string, spelling: Spelling, depth = 0): string {
  if (depth > MAX_DEPTH) throw new BtfError(`BTF type ${id} nests more than ${MAX_DEPTH} deep`);
  const declare = (target: TypeId, text: string): string => declarator(btf, target, text, spelling, depth + 1);
  const type = btf.type(id);
  switch (type.kind) {
    case "ptr":
      return declare(type.type, isPostfix(btf, type.type) ? `(*${inner})` : `*${inner}`);
    case "array":
      return declare(type.type, `${inner}[${type.length === 0 ? spelling.noLength : type.length}]`);
    case "funcProto":
      return declare(type.result, `${inner}(${parameters(btf, type.params, spelling, depth + 1)})`);
    case "const":
    case "volatile":
    case "restrict":
      return qualified(btf, type.kind, type.type, inner, spelling, depth + 1);
    case "typeTag":
      return declare(type.type, join(spelling.typeTag(type), inner));
    case "func":
    case "var":
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
function qualified(
  btf: Types,
  qualifier: string,
  target: TypeId,
  inner: string,
  spelling: Spelling,
  depth: number,
): string {
  const { kind } = behindQualifiers(btf, target);
  if (kind === "funcProto" || isAlready(btf, qualifier, target)) return declarator(btf, target, inner, spelling, depth);
  if (kind === "ptr") return declarator(btf, target, ` ${join(qualifier, inner.trimStart())}`, spelling, depth);
  return `${qualifier} ${declarator(btf, target, inner, spelling, depth)}`;
}

/** Compilers qualify an array whose elements are qualified; C need hear it once. */
function isAlready(btf: Types, qualifier: string, id: TypeId): boolean {
  let type = behindQualifiers(btf, id, qualifier);
  for (let depth = 0; type.kind === "array" && depth < MAX_DEPTH; depth++)
    type = behindQualifiers(btf, type.type, qualifier);
  return type.kind === qualifier;
}

/** Whether a pointer to this type needs parentheses. */
function isPostfix(btf: Types, id: TypeId): boolean {
  const { kind } = behindQualifiers(btf, id);
  return kind === "array" || kind === "funcProto";
}

/** The type behind qualifiers and tags, or the first that is of kind `until`. */
function behindQualifiers(btf: Types, id: TypeId, until?: string): BtfType {
  let type = btf.type(id);
  for (
    let depth = 0;
    type.kind === "const" || type.kind === "volatile" || type.kind === "restrict" || type.kind === "typeTag";
    depth++
  ) {
    if (type.kind === until) break;
    if (depth === MAX_DEPTH) throw new BtfError(`BTF type ${id} nests more than ${MAX_DEPTH} deep`);
    type = btf.type(type.type);
  }
  return type;
}

function parameters(btf: Types, params: readonly BtfParam[], spelling: Spelling, depth: number): string {
  if (params.length === 0) return "void";
  const texts = params.map((param, index) =>
    param.name === "" && param.type === 0
      ? "..."
      : declarator(btf, param.type, spelling.parameter(param, index), spelling, depth),
  );
  return texts.join(", ");
}

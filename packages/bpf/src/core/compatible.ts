/**
 * When a local type and a target's type count as the same. Three questions of growing strictness,
 * with the answers of libbpf: may a field of this type be read as that one; has this type the shape
 * of that one; are they the same by name, members and values.
 */
import type { Btf, BtfType, TypeId } from "../btf/btf.ts";
import { isComposite, resolve } from "../btf/members.ts";
import { isEnum } from "./access.ts";

const MAX_DEPTH = 32;

/** A name without its flavour: "task_struct___old" is a "task_struct". The last such mark counts. */
export function essentialName(name: string): string {
  for (let at = name.lastIndexOf("___"); at > 0; at = name.lastIndexOf("___", at - 1)) {
    const after = name[at + 3];
    if (name[at - 1] !== "_" && after !== undefined && after !== "_") return name.slice(0, at);
  }
  return name;
}

/** Kinds that stand for each other: an enum may have grown to 64 bits. */
export function sameKind(a: BtfType, b: BtfType): boolean {
  return a.kind === b.kind || (isEnum(a) && isEnum(b));
}

function sameName(a: BtfType, b: BtfType): boolean {
  const left = "name" in a ? essentialName(a.name) : "";
  const right = "name" in b ? essentialName(b.name) : "";
  return left === right;
}

/** Whether a field declared with the local type may be read from one of the target's type. */
export function fieldsCompatible(local: Btf, localId: TypeId, target: Btf, targetId: TypeId): boolean {
  const a = resolve(local, localId);
  const b = resolve(target, targetId);
  if (isComposite(a) && isComposite(b)) return true;
  if (!sameKind(a, b)) return false;
  switch (a.kind) {
    case "ptr":
    case "float":
    case "int":
      return true;
    case "fwd":
    case "enum":
    case "enum64":
      return a.name === "" || ("name" in b && b.name === "") || sameName(a, b);
    case "array":
      return fieldsCompatible(local, a.type, target, (b as typeof a).type);
    default:
      return false;
  }
}

/** Whether the types have the same shape, down to pointed-to and parameter types but not into structs. */
export function typesCompatible(local: Btf, localId: TypeId, target: Btf, targetId: TypeId, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const a = resolve(local, localId);
  const b = resolve(target, targetId);
  if (!sameKind(a, b)) return false;
  switch (a.kind) {
    case "void":
    case "struct":
    case "union":
    case "enum":
    case "enum64":
    case "fwd":
    case "int":
      return true;
    case "ptr":
    case "array":
      return typesCompatible(local, a.type, target, (b as typeof a).type, depth + 1);
    case "funcProto": {
      const other = b as typeof a;
      return (
        a.params.length === other.params.length &&
        a.params.every(({ type }, index) =>
          typesCompatible(local, type, target, other.params[index]!.type, depth + 1),
        ) &&
        typesCompatible(local, a.result, target, other.result, depth + 1)
      );
    }
    default:
      return false;
  }
}

/** Whether everything the local type declares is in the target's: same names, kinds, sizes, values. */
export function typesMatch(
  local: Btf,
  localId: TypeId,
  target: Btf,
  targetId: TypeId,
  behindPointer = false,
  depth = 0,
): boolean {
  if (depth > MAX_DEPTH) return false;
  const a = resolve(local, localId);
  const b = resolve(target, targetId);
  if (!sameName(a, b)) return false;
  // Behind a pointer a struct is compared by name and kind alone, or types would never end.
  if (behindPointer && declaredKind(a) !== undefined) return declaredKind(a) === declaredKind(b);
  if (!sameKind(a, b)) return false;
  const inner = (x: TypeId, y: TypeId, pointer: boolean = behindPointer): boolean =>
    typesMatch(local, x, target, y, pointer, depth + 1);
  switch (a.kind) {
    case "void":
      return true;
    case "fwd":
      return a.union === (b as typeof a).union;
    case "int":
      return a.size === (b as typeof a).size && (a.encoding === "signed") === ((b as typeof a).encoding === "signed");
    case "float":
      return a.size === (b as typeof a).size;
    case "enum":
    case "enum64":
      return enumsMatch(a, b as typeof a);
    case "struct":
    case "union":
      return (
        isComposite(b) &&
        a.members.every((member) =>
          b.members.some(
            (other) => essentialName(other.name) === essentialName(member.name) && inner(member.type, other.type),
          ),
        )
      );
    case "ptr":
      return inner(a.type, (b as typeof a).type, true);
    case "array":
      return a.length === (b as typeof a).length && inner(a.type, (b as typeof a).type);
    case "funcProto": {
      const other = b as typeof a;
      return (
        a.params.length === other.params.length &&
        a.params.every(({ type }, index) => inner(type, other.params[index]!.type)) &&
        inner(a.result, other.result)
      );
    }
    default:
      return false;
  }
}

/** Whether a type is, or stands for, a struct or a union; undefined for others. */
function declaredKind(type: BtfType): "struct" | "union" | undefined {
  if (type.kind === "fwd") return type.union ? "union" : "struct";
  return isComposite(type) ? type.kind : undefined;
}

type Enum = Extract<BtfType, { kind: "enum" | "enum64" }>;

function enumsMatch(a: Enum, b: Enum): boolean {
  const names = new Set(b.values.map(({ name }) => essentialName(name)));
  return a.size === b.size && a.values.every(({ name }) => names.has(essentialName(name)));
}

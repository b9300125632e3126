/**
 * CO-RE: one relocation against the running kernel's types. An object says "the offset of member
 * `pid` of a struct named task_struct"; the answer is what that offset is here.
 */
import type { CoreRelocation } from "../asm/instruction.ts";
import { CoreKind } from "../asm/instruction.ts";
import type { Btf, TypeId } from "../btf/btf.ts";
import { resolve } from "../btf/members.ts";
import { describeAccess, parseAccess } from "./access.ts";
import { candidates, findAccess } from "./find.ts";
import { valueOf, valueWhenMissing } from "./value.ts";
import type { Value } from "./value.ts";

export type Resolution =
  | {
      readonly kind: "value";
      readonly value: bigint;
      /** Bytes that a load or store of the field must access here, where that is not what the object was compiled for. */
      readonly accessSize?: number;
      /** Why no load or store may use the value: the field's size changed in a way that is not safe. */
      readonly unsafe?: string;
    }
  /** Nothing here answers: code that depends on it may be in the program but not run. */
  | { readonly kind: "missing"; readonly reason: string };

/** Throws BtfError for a relocation that is malformed in itself. */
export function resolveRelocation(local: Btf, relocation: CoreRelocation, target: Btf): Resolution {
  const access = parseAccess(local, relocation);
  if (relocation.kind === CoreKind.LocalTypeId) return { kind: "value", value: BigInt(relocation.typeId) };
  const what = describeAccess(local, access);
  const types = candidates(local, relocation.typeId, target);
  const found = types.flatMap((candidate) => findAccess(local, access, relocation, target, candidate) ?? []);
  if (found.length === 0) {
    const value = valueWhenMissing(relocation.kind);
    const reason =
      types.length === 0
        ? `this kernel has no type of that name`
        : `this kernel's type of that name has no such part, or one of another kind`;
    return value === undefined
      ? { kind: "missing", reason: `${what}: ${reason}` }
      : { kind: "value", value: value.value };
  }
  const values = found.map((place) => valueOf(target, place, relocation.kind));
  const first = values[0]!;
  if (values.some(({ value }) => value !== first.value)) {
    return { kind: "missing", reason: `${what}: this kernel has ${found.length} types of that name and they disagree` };
  }
  return {
    kind: "value",
    value: first.value,
    ...sizeChange(local, valueOf(local, access, relocation.kind), target, first, what),
  };
}

/** Pointers and unsigned integers read the same at any size, by the rule of zero extension; others do not. */
function sizeChange(
  local: Btf,
  own: Value,
  target: Btf,
  theirs: Value,
  what: string,
): { accessSize?: number; unsafe?: string } {
  if (own.field === undefined || theirs.field === undefined || own.field.size === theirs.field.size) return {};
  const adjustable =
    (isPointer(local, own.field.type) && isPointer(target, theirs.field.type)) ||
    (isUnsigned(local, own.field.type) && isUnsigned(target, theirs.field.type));
  if (adjustable) return { accessSize: theirs.field.size };
  return {
    unsafe: `${what}: compiled for ${own.field.size} bytes, this kernel has ${theirs.field.size}, and only unsigned integers and pointers can be read at another size`,
  };
}

function isPointer(btf: Btf, id: TypeId): boolean {
  return resolve(btf, id).kind === "ptr";
}

function isUnsigned(btf: Btf, id: TypeId): boolean {
  const type = resolve(btf, id);
  return type.kind === "int" && type.encoding !== "signed";
}

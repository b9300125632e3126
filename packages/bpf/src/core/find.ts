/** Finds a local access again in the target's BTF, by names instead of places. */
import type { CoreRelocation } from "../asm/instruction.ts";
import { CoreKind } from "../asm/instruction.ts";
import type { Btf, BtfKind, BtfMember, TypeId } from "../btf/btf.ts";
import { isComposite, resolve, sizeOf } from "../btf/members.ts";
import { classOfKind, isEnum, isFlexible } from "./access.ts";
import type { Access, Step } from "./access.ts";
import { essentialName, fieldsCompatible, typesCompatible, typesMatch } from "./compatible.ts";

/** The target's types that the local one may mean: same name but for a flavour, same kind. */
export function candidates(local: Btf, typeId: TypeId, target: Btf): readonly TypeId[] {
  const type = local.type(typeId);
  if (!("name" in type) || type.name === "") return [];
  const name = essentialName(type.name);
  const kinds: readonly BtfKind[] = isEnum(type) ? ["enum", "enum64"] : [type.kind];
  return kinds.flatMap((kind) => [...target.find(name, kind)]);
}

/** Whether the target has a type that the local one may mean. */
export function hasCandidates(local: Btf, typeId: TypeId, target: Btf): boolean {
  return candidates(local, typeId, target).length > 0;
}

/** The same access from the candidate type, or undefined if it has no such thing. */
export function findAccess(
  local: Btf,
  access: Access,
  relocation: CoreRelocation,
  target: Btf,
  candidate: TypeId,
): Access | undefined {
  switch (classOfKind(relocation.kind)) {
    case "type": {
      const same = relocation.kind === CoreKind.TypeMatches ? typesMatch : typesCompatible;
      return same(local, access.root, target, candidate) ? { root: candidate, steps: [], bitOffset: 0 } : undefined;
    }
    case "enumerator":
      return findEnumerator(local, access, target, candidate);
    case "field":
      return findField(local, access, target, candidate);
  }
}

function findEnumerator(local: Btf, access: Access, target: Btf, candidate: TypeId): Access | undefined {
  const step = access.steps[0]!;
  const own = local.type(step.type);
  const type = resolve(target, candidate);
  if (!isEnum(own) || !isEnum(type)) return undefined;
  const name = essentialName(own.values[step.index]!.name);
  const index = type.values.findIndex((value) => essentialName(value.name) === name);
  return index === -1 ? undefined : { root: candidate, steps: [{ type: type.id, index }], bitOffset: 0 };
}

function findField(local: Btf, access: Access, target: Btf, candidate: TypeId): Access | undefined {
  let type = resolve(target, candidate);
  let bitOffset = 0;
  const steps: Step[] = [];
  for (const [position, step] of access.steps.entries()) {
    if (step.member !== undefined) {
      const found = findMemberAs(local, step.member, target, type.id);
      if (found === undefined) return undefined;
      steps.push(found.step);
      bitOffset += found.bitOffset;
      type = resolve(target, found.step.member.type);
      continue;
    }
    if (position > 0) {
      if (type.kind !== "array") return undefined;
      if (step.index >= type.length && !isFlexible(target, steps.at(-1), type.length)) return undefined;
      type = resolve(target, type.type);
    }
    steps.push({ type: type.id, index: step.index });
    if (step.index > 0) bitOffset += step.index * sizeOf(target, type.id) * 8;
  }
  return { root: candidate, steps, bitOffset };
}

interface Found {
  readonly step: Step & { readonly member: BtfMember };
  readonly bitOffset: number;
}

/** A member of the same name with a type that can be read as the local one's, through anonymous members. */
function findMemberAs(local: Btf, wanted: BtfMember, target: Btf, owner: TypeId): Found | undefined {
  const type = resolve(target, owner);
  if (!isComposite(type)) return undefined;
  for (const [index, member] of type.members.entries()) {
    if (member.name === "") {
      const inner = findMemberAs(local, wanted, target, member.type);
      if (inner !== undefined) return { ...inner, bitOffset: member.bitOffset + inner.bitOffset };
    } else if (member.name === wanted.name) {
      if (!fieldsCompatible(local, wanted.type, target, member.type)) return undefined;
      return { step: { type: type.id, index, member }, bitOffset: member.bitOffset };
    }
  }
  return undefined;
}

/**
 * An access: a type, and the way from it to the field that a relocation is about, as the kernel's
 * libbpf models it (tools/lib/bpf/relo_core.c). The string "0:1:2" is read against the local types:
 * element 0 of the pointer's target, its member 1, that member's member 2.
 */
import type { CoreRelocation } from "../asm/instruction.ts";
import { CoreKind } from "../asm/instruction.ts";
import type { Btf, BtfMember, BtfType, TypeId } from "../btf/btf.ts";
import { BtfError } from "../btf/errors.ts";
import { isComposite, resolve, sizeOf } from "../btf/members.ts";

/** One step that has to be found again in another BTF; steps into anonymous members are not. */
export interface Step {
  /** The struct or union that has the member, or the element type of an array. */
  readonly type: TypeId;
  /** Of the member, the array element or the enumerator. */
  readonly index: number;
  readonly member?: BtfMember;
}

export interface Access {
  readonly root: TypeId;
  readonly steps: readonly Step[];
  /** From the start of the root, in bits. */
  readonly bitOffset: number;
}

export type KindClass = "field" | "type" | "enumerator";

export function classOfKind(kind: CoreKind): KindClass {
  switch (kind) {
    case CoreKind.LocalTypeId:
    case CoreKind.TargetTypeId:
    case CoreKind.TypeExists:
    case CoreKind.TypeSize:
    case CoreKind.TypeMatches:
      return "type";
    case CoreKind.EnumValueExists:
    case CoreKind.EnumValue:
      return "enumerator";
    default:
      return "field";
  }
}

/** Reads a relocation's access string. Throws BtfError for one that its type does not allow. */
export function parseAccess(local: Btf, relocation: CoreRelocation): Access {
  const { typeId, access } = relocation;
  const indices = access.split(":").map(Number);
  if (!/^\d+(:\d+)*$/.test(access)) throw malformed(relocation, "is no list of numbers");
  const first = indices[0]!;
  const root = resolve(local, typeId);
  switch (classOfKind(relocation.kind)) {
    case "type":
      if (access !== "0") throw malformed(relocation, "should be 0 for a whole type");
      return { root: typeId, steps: [], bitOffset: 0 };
    case "enumerator":
      if (indices.length !== 1 || !isEnum(root) || first >= root.values.length)
        throw malformed(relocation, "names no enumerator");
      return { root: typeId, steps: [{ type: root.id, index: first }], bitOffset: 0 };
    case "field":
      return parseField(local, relocation, indices);
  }
}

function parseField(local: Btf, relocation: CoreRelocation, indices: readonly number[]): Access {
  const [first = 0, ...rest] = indices;
  let type = resolve(local, relocation.typeId);
  const steps: Step[] = [{ type: type.id, index: first }];
  let bitOffset = first === 0 ? 0 : first * sizeOf(local, type.id) * 8;
  for (const index of rest) {
    if (isComposite(type)) {
      const member = type.members[index];
      if (member === undefined)
        throw malformed(
          relocation,
          `goes to member ${index} of ${describeType(type)}, which has ${type.members.length}`,
        );
      bitOffset += member.bitOffset;
      if (member.name !== "") steps.push({ type: type.id, index, member });
      type = resolve(local, member.type);
    } else if (type.kind === "array") {
      if (index >= type.length && !isFlexible(local, steps.at(-1), type.length))
        throw malformed(relocation, `goes to element ${index} of an array of ${type.length}`);
      type = resolve(local, type.type);
      steps.push({ type: type.id, index });
      bitOffset += index * sizeOf(local, type.id) * 8;
    } else {
      throw malformed(relocation, `goes into ${describeType(type)}, which has no parts`);
    }
  }
  return { root: relocation.typeId, steps, bitOffset };
}

/** An array without a length that ends its struct has as many elements as there is room. */
export function isFlexible(btf: Btf, step: Step | undefined, length: number): boolean {
  if (step?.member === undefined || length > 0) return false;
  const owner = resolve(btf, step.type);
  return isComposite(owner) && step.index === owner.members.length - 1;
}

export function isEnum(type: BtfType): type is Extract<BtfType, { kind: "enum" | "enum64" }> {
  return type.kind === "enum" || type.kind === "enum64";
}

/** "struct task_struct", "typedef atomic_t", "an anonymous union", "array". */
export function describeType(type: BtfType): string {
  if (!("name" in type)) return type.kind;
  return type.name === "" ? `an anonymous ${type.kind}` : `${type.kind} ${type.name}`;
}

/** "struct task_struct.se.on_rq", "struct bio[0]", "enum bpf_func_id.BPF_FUNC_loop": for messages. */
export function describeAccess(local: Btf, access: Access): string {
  let text = describeType(local.type(access.root));
  for (const [position, step] of access.steps.entries()) {
    const owner = local.type(step.type);
    if (isEnum(owner)) text += `.${owner.values[step.index]?.name}`;
    else if (step.member !== undefined) text += `.${step.member.name}`;
    else if (position > 0 || step.index > 0) text += `[${step.index}]`;
  }
  return text;
}

function malformed({ typeId, access }: CoreRelocation, why: string): BtfError {
  return new BtfError(`CO-RE access "${access}" of type ${typeId} ${why}`);
}

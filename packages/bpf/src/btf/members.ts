/** Questions about types: what is behind a name, how large it is, where a member lies. */
import type { Btf, BtfMember, BtfType, TypeId } from "./btf.ts";
import { BtfError } from "./errors.ts";

export type Composite = Extract<BtfType, { kind: "struct" | "union" }>;

const POINTER_BYTES = 8;
/** Types nest deeper in no kernel; beyond it a chain is taken for a circle. */
const MAX_DEPTH = 64;

/** The type behind typedefs, const, volatile, restrict and type tags. */
export function resolve(btf: Pick<Btf, "type">, id: TypeId): BtfType {
  let type = btf.type(id);
  for (let depth = 0; isAlias(type); depth++) {
    if (depth === MAX_DEPTH) throw new BtfError(`BTF type ${id} refers to itself`);
    type = btf.type(type.type);
  }
  return type;
}

type Alias = Extract<BtfType, { kind: "typedef" | "const" | "volatile" | "restrict" | "typeTag" }>;

function isAlias(type: BtfType): type is Alias {
  switch (type.kind) {
    case "typedef":
    case "const":
    case "volatile":
    case "restrict":
    case "typeTag":
      return true;
    default:
      return false;
  }
}

export function isComposite(type: BtfType): type is Composite {
  return type.kind === "struct" || type.kind === "union";
}

/** Bytes of a type. Throws BtfError for what has no size: void, functions, forward declarations. */
export function sizeOf(btf: Btf, id: TypeId, depth = 0): number {
  if (depth === MAX_DEPTH) throw new BtfError(`BTF type ${id} contains itself`);
  const type = resolve(btf, id);
  switch (type.kind) {
    case "int":
    case "struct":
    case "union":
    case "enum":
    case "enum64":
    case "float":
    case "datasec":
      return type.size;
    case "ptr":
      return POINTER_BYTES;
    case "array":
      return type.length * sizeOf(btf, type.type, depth + 1);
    case "var":
      return sizeOf(btf, type.type, depth + 1);
    default:
      throw new BtfError(`BTF type ${id} (${type.kind}) has no size`);
  }
}

/** A member found by name, seen from the outermost struct. */
export interface FoundMember {
  readonly member: BtfMember;
  /** The member's type, as declared. */
  readonly type: TypeId;
  /** From the start of the outermost struct, in bits. */
  readonly bitOffset: number;
  /** Bits of a bit field, else 0. */
  readonly bitSize: number;
  /** Member indices from the outermost struct inwards, anonymous ones included: a CO-RE access without its leading 0. */
  readonly path: readonly number[];
}

/**
 * Finds "pid", or "f_path.dentry" through embedded structs (not through pointers), looking into
 * anonymous structs and unions as C does. Undefined if there is none, or `id` is no struct or union.
 */
export function findMember(btf: Btf, id: TypeId, name: string): FoundMember | undefined {
  let found: FoundMember | undefined;
  for (const part of name.split(".")) {
    const next = findDirect(btf, found?.type ?? id, part);
    if (next === undefined) return undefined;
    found = found === undefined ? next : within(found, next);
  }
  return found;
}

/** `searched`: types in which there is no such member; one that contains itself is never searched twice. */
function findDirect(
  btf: Btf,
  id: TypeId,
  name: string,
  searched: Set<TypeId> = new Set(),
  depth = 0,
): FoundMember | undefined {
  const type = resolve(btf, id);
  if (!isComposite(type) || searched.has(type.id)) return undefined;
  if (depth === MAX_DEPTH) throw new BtfError(`BTF type ${id} nests more than ${MAX_DEPTH} deep`);
  searched.add(type.id);
  for (const [index, member] of type.members.entries()) {
    const here: FoundMember = {
      member,
      type: member.type,
      bitOffset: member.bitOffset,
      bitSize: member.bitSize,
      path: [index],
    };
    if (member.name !== "") {
      if (member.name === name) return here;
      continue;
    }
    const inner = findDirect(btf, member.type, name, searched, depth + 1);
    if (inner !== undefined) return within(here, inner);
  }
  return undefined;
}

function within(outer: FoundMember, inner: FoundMember): FoundMember {
  return { ...inner, bitOffset: outer.bitOffset + inner.bitOffset, path: [...outer.path, ...inner.path] };
}

/** Names of all members, those of anonymous structs and unions included, in declaration order. */
export function memberNames(btf: Btf, id: TypeId): string[] {
  const names: string[] = [];
  addNames(btf, id, names, new Set(), 0);
  return names;
}

/** `listed`: types whose names are there already. */
function addNames(btf: Btf, id: TypeId, names: string[], listed: Set<TypeId>, depth: number): void {
  const type = resolve(btf, id);
  if (!isComposite(type) || listed.has(type.id)) return;
  if (depth === MAX_DEPTH) throw new BtfError(`BTF type ${id} nests more than ${MAX_DEPTH} deep`);
  listed.add(type.id);
  for (const member of type.members) {
    if (member.name === "") addNames(btf, member.type, names, listed, depth + 1);
    else names.push(member.name);
  }
}

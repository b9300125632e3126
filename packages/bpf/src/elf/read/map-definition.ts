/**
 * Maps defined by BTF: a variable of section `.maps` whose struct type is the definition. Its members
 * are never values: `int (*max_entries)[1024]` says 1024 by the length of the array pointed to,
 * `struct event *value` says a type, `typeof(inner) *values[]` what the map holds.
 * (libbpf's bpf_helpers.h: __uint, __type, __array, __ulong.)
 */
import type { Btf, BtfMember, TypeId } from "../../btf/btf.ts";
import { isComposite, resolve, sizeOf } from "../../btf/members.ts";
import type { MapSpec } from "../../spec/spec.ts";
import { ElfError } from "../errors.ts";
import { mapTypeName } from "../map-types.ts";

export interface MapDefinition {
  readonly spec: Omit<MapSpec, "name" | "references">;
  /** Of the definition, in bytes: where the references that the object holds begin; undefined if there can be none. */
  readonly valuesAt?: number;
}

/** There are not so many things to say of a map; it keeps many maps of one hostile type cheap. */
const MOST_MEMBERS = 32;

/** Throws ElfError for a struct that defines no map. */
export function mapDefinition(btf: Btf, id: TypeId, name: string, section: string, depth = 0): MapDefinition {
  const fail = (problem: string): never => {
    throw new ElfError(`map '${name}': ${problem}`, { section });
  };
  const struct = resolve(btf, id);
  if (struct.kind !== "struct") return fail(`its type is no struct but ${struct.kind}`);
  if (struct.members.length > MOST_MEMBERS) fail(`its definition has ${struct.members.length} members`);
  const draft = { type: 0, keySize: 0, valueSize: 0, maxEntries: 0, flags: 0, keyTypeId: 0, valueTypeId: 0 };
  const optional: { -readonly [K in "extra" | "numaNode" | "pinning" | "inner"]?: MapSpec[K] } = {};
  let valuesAt: number | undefined;
  const size = (key: "keySize" | "valueSize", bytes: number): void => {
    if (bytes > 0xffff_ffff) fail(`${key} ${bytes} is too large`);
    if (draft[key] !== 0 && draft[key] !== bytes) fail(`${key} is ${draft[key]} and ${bytes}`);
    draft[key] = bytes;
  };
  for (const member of struct.members) {
    switch (member.name) {
      case "type":
        draft.type = number(btf, member, fail);
        break;
      case "max_entries":
        draft.maxEntries = number(btf, member, fail);
        break;
      case "map_flags":
        draft.flags = number(btf, member, fail);
        break;
      case "numa_node":
        optional.numaNode = number(btf, member, fail);
        break;
      case "map_extra":
        optional.extra = long(btf, member, fail);
        break;
      case "key_size":
        size("keySize", number(btf, member, fail));
        break;
      case "value_size":
        size("valueSize", number(btf, member, fail));
        break;
      case "key":
      case "value": {
        const pointer = resolve(btf, member.type);
        if (pointer.kind !== "ptr") return fail(`its member '${member.name}' is no pointer`);
        size(`${member.name}Size`, sizeOf(btf, pointer.type));
        draft[`${member.name}TypeId`] = pointer.type;
        break;
      }
      case "pinning": {
        const pinning = number(btf, member, fail);
        if (pinning > 1) fail(`its pinning is ${pinning}; LIBBPF_PIN_NONE (0) and LIBBPF_PIN_BY_NAME (1) are known`);
        if (pinning === 1) optional.pinning = "byName";
        break;
      }
      case "values": {
        if (depth > 0) fail("it is a map in a map of maps, and says itself what it holds; one level is all there is");
        const held = heldType(btf, member, fail);
        if (isComposite(resolve(btf, held)))
          optional.inner = {
            name: `${name}.inner`,
            ...mapDefinition(btf, held, `${name}.inner`, section, depth + 1).spec,
          };
        size("keySize", 4);
        size("valueSize", 4);
        valuesAt = member.bitOffset / 8;
        break;
      }
      default:
        fail(`its member '${member.name}' is not known`);
    }
  }
  const type = mapTypeName(draft.type);
  if (type === undefined) return fail(draft.type === 0 ? "it says no type" : `map type ${draft.type} is not known`);
  return { spec: { ...draft, ...optional, type }, ...(valuesAt !== undefined && { valuesAt }) };
}

type Fail = (problem: string) => never;

/** `int (*name)[N]`. */
function number(btf: Btf, member: BtfMember, fail: Fail): number {
  const pointer = resolve(btf, member.type);
  const array = pointer.kind === "ptr" ? resolve(btf, pointer.type) : undefined;
  return array?.kind === "array" ? array.length : fail(`its member '${member.name}' is not defined by __uint()`);
}

/** `int (*name)[N]`, or `enum { unique = N } name` for numbers of 64 bits. */
function long(btf: Btf, member: BtfMember, fail: Fail): bigint {
  const type = resolve(btf, member.type);
  if (type.kind !== "enum" && type.kind !== "enum64") return BigInt(number(btf, member, fail));
  return type.values.length === 1
    ? BigInt.asUintN(64, type.values[0]!.value)
    : fail(`its member '${member.name}' is not defined by __ulong()`);
}

/** `struct inner *values[]`, `int (*values[])(void *)`: what the pointers point to. */
function heldType(btf: Btf, member: BtfMember, fail: Fail): TypeId {
  const array = resolve(btf, member.type);
  const pointer = array.kind === "array" ? resolve(btf, array.type) : undefined;
  if (pointer?.kind !== "ptr") return fail("its member 'values' is not defined by __array()");
  const held = resolve(btf, pointer.type);
  return held.kind === "struct" || held.kind === "funcProto"
    ? held.id
    : fail(`its values point to ${held.kind}, neither a map's definition nor a function`);
}

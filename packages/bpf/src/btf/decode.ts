/** One type from the words of the type section. */
import type { BtfType, IntEncoding, TypeId } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { flagOf, IntFlag, Kind, kindOf, LINKAGES, vlenOf } from "./format.ts";

type Strings = (offset: number) => string;

/** `at` is the word at which the type starts; `strings` gives the string at an offset. */
export function decodeType(words: Uint32Array, at: number, id: TypeId, strings: Strings): BtfType {
  const info = words[at + 1]!;
  const kind = kindOf(info);
  const vlen = vlenOf(info);
  const flag = flagOf(info);
  const sizeOrType = words[at + 2]!;
  const name = strings(words[at]!);
  const entry = (index: number, width: number): number => at + 3 + index * width;
  switch (kind) {
    case Kind.INT: {
      const word = words[at + 3]!;
      return {
        kind: "int",
        id,
        name,
        size: sizeOrType,
        bits: word & 0xff,
        bitOffset: (word >>> 16) & 0xff,
        encoding: intEncoding(word >>> 24),
      };
    }
    case Kind.PTR:
      return { kind: "ptr", id, type: sizeOrType };
    case Kind.ARRAY:
      return { kind: "array", id, type: words[at + 3]!, index: words[at + 4]!, length: words[at + 5]! };
    case Kind.STRUCT:
    case Kind.UNION:
      return {
        kind: kind === Kind.STRUCT ? "struct" : "union",
        id,
        name,
        size: sizeOrType,
        members: list(vlen, (index) => {
          const member = entry(index, 3);
          const position = words[member + 2]!;
          // With the flag the position is 8 bits of size and 24 of offset; without, all offset.
          return {
            name: strings(words[member]!),
            type: words[member + 1]!,
            bitOffset: flag ? position & 0xff_ffff : position,
            bitSize: flag ? position >>> 24 : 0,
          };
        }),
      };
    case Kind.ENUM:
      return {
        kind: "enum",
        id,
        name,
        size: sizeOrType,
        signed: flag,
        values: list(vlen, (index) => {
          const value = words[entry(index, 2) + 1]!;
          return { name: strings(words[entry(index, 2)]!), value: BigInt(flag ? value | 0 : value) };
        }),
      };
    case Kind.ENUM64:
      return {
        kind: "enum64",
        id,
        name,
        size: sizeOrType,
        signed: flag,
        values: list(vlen, (index) => {
          const value = (BigInt(words[entry(index, 3) + 2]!) << 32n) | BigInt(words[entry(index, 3) + 1]!);
          return { name: strings(words[entry(index, 3)]!), value: flag ? BigInt.asIntN(64, value) : value };
        }),
      };
    case Kind.FWD:
      return { kind: "fwd", id, name, union: flag };
    case Kind.TYPEDEF:
      return { kind: "typedef", id, name, type: sizeOrType };
    case Kind.TYPE_TAG:
      return { kind: "typeTag", id, name, type: sizeOrType, ...(flag && { attribute: true }) };
    case Kind.VOLATILE:
      return { kind: "volatile", id, type: sizeOrType };
    case Kind.CONST:
      return { kind: "const", id, type: sizeOrType };
    case Kind.RESTRICT:
      return { kind: "restrict", id, type: sizeOrType };
    case Kind.FUNC:
      return { kind: "func", id, name, type: sizeOrType, linkage: linkage(vlen, id) };
    case Kind.FUNC_PROTO:
      return {
        kind: "funcProto",
        id,
        result: sizeOrType,
        params: list(vlen, (index) => ({ name: strings(words[entry(index, 2)]!), type: words[entry(index, 2) + 1]! })),
      };
    case Kind.VAR:
      return { kind: "var", id, name, type: sizeOrType, linkage: linkage(words[at + 3]!, id) };
    case Kind.DATASEC:
      return {
        kind: "datasec",
        id,
        name,
        size: sizeOrType,
        variables: list(vlen, (index) => {
          const variable = entry(index, 3);
          return { type: words[variable]!, offset: words[variable + 1]!, size: words[variable + 2]! };
        }),
      };
    case Kind.FLOAT:
      return { kind: "float", id, name, size: sizeOrType };
    case Kind.DECL_TAG:
      return {
        kind: "declTag",
        id,
        name,
        type: sizeOrType,
        component: words[at + 3]! | 0,
        ...(flag && { attribute: true }),
      };
    default:
      throw new BtfError(`BTF type ${id}: kind ${kind} is not known`);
  }
}

function list<T>(length: number, item: (index: number) => T): T[] {
  const items: T[] = [];
  for (let index = 0; index < length; index++) items.push(item(index));
  return items;
}

function intEncoding(flags: number): IntEncoding {
  if ((flags & IntFlag.BOOL) !== 0) return "bool";
  if ((flags & IntFlag.CHAR) !== 0) return "char";
  return (flags & IntFlag.SIGNED) !== 0 ? "signed" : "unsigned";
}

function linkage(value: number, id: TypeId): (typeof LINKAGES)[number] {
  const found = LINKAGES[value];
  if (found === undefined) throw new BtfError(`BTF type ${id}: linkage ${value} is not known`);
  return found;
}

/** One type as the words of the type section: the inverse of decode.ts. */
import type { BtfMember, BtfType } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { IntFlag, Kind, LINKAGES } from "./format.ts";

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;
/** A type before it has a number. */
export type BtfTypeInit = WithoutId<Exclude<BtfType, { kind: "void" }>>;

const FLAG = 0x8000_0000;
/** As many as 24 bits of vlen count; kernels before 7.1 take no more than 65,535. */
const MAX_ENTRIES = 0xff_ffff;
/** With bit fields a member's position has 24 bits. */
const MAX_FIELD_OFFSET = 0xff_ffff;

/** `string` gives the place of a text in the string section. Throws BtfError for what does not fit the format. */
export function typeWords(type: BtfTypeInit, string: (text: string) => number): number[] {
  const words = (kind: number, sizeOrType: number, extra: readonly number[] = [], vlen = 0, flag = false): number[] => {
    const name = "name" in type ? type.name : "";
    if (vlen > MAX_ENTRIES) throw new BtfError(`BTF type "${name}" has ${vlen} entries, more than ${MAX_ENTRIES}`);
    return [string(name), (flag ? FLAG : 0) + ((kind << 24) | vlen), sizeOrType, ...extra];
  };
  switch (type.kind) {
    case "int": {
      const encoding = { unsigned: 0, signed: IntFlag.SIGNED, char: IntFlag.CHAR, bool: IntFlag.BOOL }[type.encoding];
      return words(Kind.INT, type.size, [(encoding << 24) | (type.bitOffset << 16) | type.bits]);
    }
    case "ptr":
      return words(Kind.PTR, type.type);
    case "array":
      return words(Kind.ARRAY, 0, [type.type, type.index, type.length]);
    case "struct":
    case "union": {
      const bitFields = type.members.some(({ bitSize }) => bitSize > 0);
      const members = type.members.flatMap((member) => [
        string(member.name),
        member.type,
        bitFields ? fieldPosition(type.name, member) : member.bitOffset,
      ]);
      return words(
        type.kind === "struct" ? Kind.STRUCT : Kind.UNION,
        type.size,
        members,
        type.members.length,
        bitFields,
      );
    }
    case "enum": {
      const values = type.values.flatMap(({ name, value }) => [string(name), Number(BigInt.asUintN(32, value))]);
      return words(Kind.ENUM, type.size, values, type.values.length, type.signed);
    }
    case "enum64": {
      const values = type.values.flatMap(({ name, value }) => [
        string(name),
        Number(BigInt.asUintN(32, value)),
        Number(BigInt.asUintN(32, value >> 32n)),
      ]);
      return words(Kind.ENUM64, type.size, values, type.values.length, type.signed);
    }
    case "fwd":
      return words(Kind.FWD, 0, [], 0, type.union);
    case "typedef":
      return words(Kind.TYPEDEF, type.type);
    case "volatile":
      return words(Kind.VOLATILE, type.type);
    case "const":
      return words(Kind.CONST, type.type);
    case "restrict":
      return words(Kind.RESTRICT, type.type);
    case "func":
      return words(Kind.FUNC, type.type, [], LINKAGES.indexOf(type.linkage));
    case "funcProto": {
      const params = type.params.flatMap((param) => [string(param.name), param.type]);
      return words(Kind.FUNC_PROTO, type.result, params, type.params.length);
    }
    case "var":
      return words(Kind.VAR, type.type, [LINKAGES.indexOf(type.linkage)]);
    case "datasec": {
      const variables = type.variables.flatMap((entry) => [entry.type, entry.offset, entry.size]);
      return words(Kind.DATASEC, type.size, variables, type.variables.length);
    }
    case "float":
      return words(Kind.FLOAT, type.size);
    case "declTag":
      return words(Kind.DECL_TAG, type.type, [type.component], 0, type.attribute);
    case "typeTag":
      return words(Kind.TYPE_TAG, type.type, [], 0, type.attribute);
  }
}

/** A bit field's position: its size in the high 8 bits, its offset in the others. */
function fieldPosition(struct: string, { name, bitOffset, bitSize }: BtfMember): number {
  if (bitOffset > MAX_FIELD_OFFSET || bitSize > 0xff)
    throw new BtfError(
      `member ${name} of ${struct}, ${bitSize} bits at bit ${bitOffset}, does not fit a BTF bit field`,
    );
  return ((bitSize << 24) | bitOffset) >>> 0;
}

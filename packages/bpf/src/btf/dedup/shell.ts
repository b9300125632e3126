/** A type without what it refers to, as text by which two can be compared. */
import type { BtfType } from "../btf.ts";

const SEPARATOR = "\0";

export function shellOf(type: BtfType): string {
  return [type.kind, "name" in type ? type.name : "", ...details(type)].join(SEPARATOR);
}

function details(type: BtfType): readonly (string | number | bigint | boolean)[] {
  switch (type.kind) {
    case "int":
      return [type.size, type.bits, type.bitOffset, type.encoding];
    case "array":
      return [type.length];
    case "struct":
    case "union":
      return [type.size, ...type.members.flatMap(({ name, bitOffset, bitSize }) => [name, bitOffset, bitSize])];
    case "enum":
    case "enum64":
      return [type.size, type.signed, ...type.values.flatMap(({ name, value }) => [name, value])];
    case "fwd":
      return [type.union];
    case "func":
    case "var":
      return [type.linkage];
    case "funcProto":
      return type.params.map(({ name }) => name);
    case "datasec":
      return [type.size, ...type.variables.flatMap(({ offset, size }) => [offset, size])];
    case "float":
      return [type.size];
    case "declTag":
      return [type.component, type.attribute === true];
    case "typeTag":
      return [type.attribute === true];
    default:
      return [];
  }
}

/** Types of handlers as the manifest tells them to readers. */
import type { DataType } from "@sonde/bpf/spec";
import { sizeOfType, type Type } from "./type.ts";

/** @param stacks names the stack map for a stack */
export function dataTypeOf(type: Type, stacks: (stack: Type & { kind: "stack" }) => string): DataType {
  switch (type.kind) {
    case "int":
      return type.names === undefined
        ? { kind: "int", size: type.size, signed: type.signed }
        : { kind: "enum", size: type.size, signed: type.signed, names: type.names };
    case "bool":
      return { kind: "bool", size: 1 };
    case "pointer":
      return { kind: "pointer", size: 8 };
    case "text":
      return { kind: "string", size: type.size };
    case "stack":
      return { kind: "stack", size: 16, user: type.user, map: stacks(type), mode: "bpftrace", frames: type.frames };
    case "array":
      return { kind: "array", size: type.size, length: type.length, element: dataTypeOf(type.element, stacks) };
    case "record":
      return {
        kind: "record",
        size: type.size,
        fields: type.fields.map(({ name, offset, type: field }) => ({ name, offset, type: dataTypeOf(field, stacks) })),
      };
    case "struct":
      // Kept as bytes: structs of the kernel are laid out as this kernel has them.
      return {
        kind: "array",
        size: sizeOfType(type),
        length: sizeOfType(type),
        element: { kind: "int", size: 1, signed: false },
      };
  }
}

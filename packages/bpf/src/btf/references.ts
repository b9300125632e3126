/** What types refer to. */
import type { BtfType, TypeId } from "./btf.ts";

/** Ids that a type holds, in the order in which the format has them. */
export function referencesOf(type: BtfType): readonly TypeId[] {
  switch (type.kind) {
    case "ptr":
    case "typedef":
    case "typeTag":
    case "volatile":
    case "const":
    case "restrict":
    case "func":
    case "var":
    case "declTag":
      return [type.type];
    case "array":
      return [type.type, type.index];
    case "struct":
    case "union":
      return type.members.map((member) => member.type);
    case "funcProto":
      return [type.result, ...type.params.map((param) => param.type)];
    case "datasec":
      return type.variables.map((variable) => variable.type);
    default:
      return [];
  }
}

/** The same type under another id, with each id that it holds replaced. */
export function renumbered(type: BtfType, id: TypeId, change: (id: TypeId) => TypeId): BtfType {
  const entry = <T extends { readonly type: TypeId }>(value: T): T => ({ ...value, type: change(value.type) });
  switch (type.kind) {
    case "void":
      return type;
    case "ptr":
    case "typedef":
    case "typeTag":
    case "volatile":
    case "const":
    case "restrict":
    case "func":
    case "var":
    case "declTag":
      return { ...type, id, type: change(type.type) };
    case "array":
      return { ...type, id, type: change(type.type), index: change(type.index) };
    case "struct":
    case "union":
      return { ...type, id, members: type.members.map(entry) };
    case "funcProto":
      return { ...type, id, result: change(type.result), params: type.params.map(entry) };
    case "datasec":
      return { ...type, id, variables: type.variables.map(entry) };
    default:
      return { ...type, id };
  }
}

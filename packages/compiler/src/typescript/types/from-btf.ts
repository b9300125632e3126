/** The kernel's types, by BTF. */
import { isComposite, resolve, type Btf, type TypeId } from "@sonde/bpf/btf";
import { BOOL, int, sizeOfType, type IntType, type PointerType, type Type } from "./type.ts";

/** Undefined for what handlers have no value for: void, functions, floats, integers of 16 bytes. */
export function fromBtf(btf: Btf, id: TypeId): Type | undefined {
  const type = resolve(btf, id);
  switch (type.kind) {
    case "int":
      if (type.encoding === "bool") return BOOL;
      return type.size <= 8 ? int(type.size as IntType["size"], type.encoding !== "unsigned") : undefined;
    case "enum":
    case "enum64": {
      const names: Record<string, string> = {};
      for (const { name, value } of type.values) names[String(value)] ??= name;
      return { ...int(type.size as IntType["size"], type.signed), names };
    }
    case "ptr":
      return pointerTo(btf, type.type);
    case "array": {
      const element = fromBtf(btf, type.type);
      if (element === undefined) return undefined;
      if (isChar(btf, type.type) && type.length > 0) return { kind: "text", size: type.length };
      return { kind: "array", element, length: type.length, size: type.length * sizeOfType(element) };
    }
    case "struct":
    case "union":
      return { kind: "struct", typeId: type.id, name: type.name, size: type.size };
    case "fwd": {
      const [defined] = btf.find(type.name, type.union ? "union" : "struct");
      return defined === undefined
        ? { kind: "struct", typeId: type.id, name: type.name, size: 0 }
        : fromBtf(btf, defined);
    }
    default:
      return undefined;
  }
}

/** C's own type is named "char"; arrays of u8 are bytes, not text. */
function isChar(btf: Btf, id: TypeId): boolean {
  let type = btf.type(id);
  while (type.kind === "const" || type.kind === "volatile") type = btf.type(type.type);
  return type.kind === "int" && type.name === "char";
}

/** Type tags say where a pointer leads out of the kernel's own memory. */
export function pointerTo(btf: Btf, to: TypeId): PointerType {
  const tags: string[] = [];
  let type = btf.type(to);
  while (type.kind === "typeTag" || type.kind === "const" || type.kind === "volatile" || type.kind === "restrict") {
    if (type.kind === "typeTag") tags.push(type.name);
    type = btf.type(type.type);
  }
  const user = tags.includes("user");
  const followed = !user && !tags.includes("percpu") && isComposite(resolve(btf, to));
  return { kind: "pointer", to, user, followed };
}

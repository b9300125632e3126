/** What an object takes from the kernel by name: the sections `.ksyms` and `.kconfig` of its BTF. */
import type { Btf } from "../../btf/btf.ts";
import { isComposite, resolve, sizeOf } from "../../btf/members.ts";
import type { ExternSpec, MapSpec } from "../../spec/spec.ts";
import { ElfError } from "../errors.ts";
import { Binding, SectionName } from "../format.ts";
import { MapFlag } from "../map-types.ts";
import type { ElfFile } from "./file.ts";
import type { ObjectTypes } from "./types.ts";

type Kconfig = Extract<ExternSpec, { kind: "kconfig" }>;

/** In the order of BTF. */
export function readExterns(file: ElfFile, types: ObjectTypes | undefined): ExternSpec[] {
  if (types === undefined) return [];
  const weak = new Set(
    file.symbols
      .filter(({ section, binding }) => section === undefined && binding === Binding.WEAK)
      .map(({ name }) => name),
  );
  const symbols = (types.datasec(SectionName.KSYMS)?.variables ?? []).map(({ type: id }): ExternSpec => {
    const type = types.btf.type(id);
    if (type.kind !== "var" && type.kind !== "func")
      throw new ElfError(`BTF type ${id} is neither a variable nor a function but ${type.kind}`, {
        section: SectionName.KSYMS,
      });
    return {
      kind: type.kind === "func" ? "kfunc" : "ksym",
      name: type.name,
      typeId: type.type,
      weak: weak.has(type.name),
    };
  });
  return [...symbols, ...readKconfig(types, weak)];
}

/** Laid out as libbpf does: those with the widest alignment first, then the smaller, then by name. */
function readKconfig(types: ObjectTypes, weak: ReadonlySet<string>): Kconfig[] {
  const wanted = (types.datasec(SectionName.KCONFIG)?.variables ?? []).map(({ type: id }) => {
    const type = types.btf.type(id);
    if (type.kind !== "var")
      throw new ElfError(`BTF type ${id} is no variable but ${type.kind}`, { section: SectionName.KCONFIG });
    return {
      name: type.name,
      typeId: type.type,
      size: sizeOf(types.btf, type.type),
      align: alignOf(types.btf, type.type, type.name),
    };
  });
  wanted.sort((a, b) => b.align - a.align || a.size - b.size || (a.name < b.name ? -1 : 1));
  let end = 0;
  return wanted.map(({ name, typeId, size, align }) => {
    const offset = Math.ceil(end / align) * align;
    end = offset + size;
    return { kind: "kconfig", name, typeId, offset, size, weak: weak.has(name) };
  });
}

/** Bytes, for the types that a configuration value can have. */
function alignOf(btf: Btf, id: number, name: string): number {
  const type = resolve(btf, id);
  switch (type.kind) {
    case "int":
    case "enum":
    case "enum64":
      return Math.max(1, Math.min(type.size, 8));
    case "array":
      return 1;
    default:
      throw new ElfError(
        `'${name}' is a ${isComposite(type) ? "struct or union" : type.kind}; configuration values are bool, integer, enum, char or char array`,
        { section: SectionName.KCONFIG },
      );
  }
}

/** The map that the kernel's configuration is written into before it is frozen; undefined if none is asked for. */
export function kconfigMap(externs: readonly ExternSpec[], types: ObjectTypes | undefined): MapSpec | undefined {
  const values = externs.filter((extern): extern is Kconfig => extern.kind === "kconfig");
  const last = values.at(-1);
  if (last === undefined) return undefined;
  const valueSize = last.offset + last.size;
  if (valueSize > 0xffff_ffff)
    throw new ElfError(`${valueSize} bytes are more than a map holds`, { section: SectionName.KCONFIG });
  return {
    name: SectionName.KCONFIG,
    type: "array",
    keySize: 4,
    valueSize,
    maxEntries: 1,
    flags: MapFlag.RDONLY_PROG | MapFlag.MMAPABLE,
    keyTypeId: 0,
    valueTypeId: types?.datasec(SectionName.KCONFIG)?.id ?? 0,
  };
}

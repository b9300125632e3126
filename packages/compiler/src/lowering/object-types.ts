/** The object's own BTF: types of map keys and values, the programs' functions, and the parts of kernel structs that are read. */
import { CoreKind, type CoreRelocation } from "@sonde/bpf/asm";
import { BtfBuilder, LocalTypes, type TypeId } from "@sonde/bpf/btf";
import type { DataType, ExternSpec, Field, Target, ValueView } from "@sonde/bpf/spec";
import { KERNEL_FUNCTIONS, type KernelFunctionName } from "./kernel-functions.ts";

/** A relocation whose type and access are filled in when all members in use are known. */
interface PendingRelocation {
  readonly relocation: { kind: CoreKind; typeId: number; access: string };
  readonly struct: TypeId;
  readonly path: readonly number[];
  readonly otherName: string | undefined;
}

export class ObjectTypes {
  readonly builder: BtfBuilder = new BtfBuilder();
  readonly #target: Target;
  #local: LocalTypes | undefined;
  readonly #pending = new Map<string, PendingRelocation>();
  readonly #kernelFunctions = new Map<KernelFunctionName, TypeId>();

  /** The Target's BTF is asked for only when a struct is read: finding it costs time. */
  constructor(target: Target) {
    this.#target = target;
  }

  /**
   * The question `kind` about the member at `path` of the Target's struct `struct`; the same question
   * is the same object. It is complete only after {@link settle}. `otherName`: of the struct by that name, which
   * has the same members.
   */
  relocation(kind: CoreKind, struct: TypeId, path: readonly number[], otherName?: string): CoreRelocation {
    const key = `${kind}:${struct}:${path.join(":")}:${otherName}`;
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      this.#local ??= this.#target.btf && new LocalTypes(this.#target.btf);
      this.#local?.use(struct, path);
      pending = { relocation: { kind, typeId: 0, access: "" }, struct, path, otherName };
      this.#pending.set(key, pending);
    }
    return pending.relocation;
  }

  /** Whether the running kernel's enumeration has a value of this name; the Target's need not have it. */
  hasEnumerator(type: string, value: { readonly name: string; readonly value: number }): CoreRelocation {
    return { kind: CoreKind.EnumValueExists, typeId: this.builder.enum(type, 4, false, [value]), access: "0" };
  }

  /** Programs call this function of the kernel's. */
  useKernelFunction(name: KernelFunctionName): void {
    if (!this.#kernelFunctions.has(name))
      this.#kernelFunctions.set(name, KERNEL_FUNCTIONS[name].prototype(this.builder));
  }

  /** What the kernel must have by name. */
  get externs(): readonly ExternSpec[] {
    return [...this.#kernelFunctions].map(([name, typeId]) => ({ kind: "kfunc", name, typeId, weak: false }));
  }

  /** Writes the structs in use and completes the relocations; to be called once, when every program is lowered. */
  settle(): void {
    if (this.#kernelFunctions.size > 0) this.#writeExterns();
    if (this.#local === undefined) return;
    const written = this.#local.write(this.builder);
    for (const { relocation, struct, path, otherName } of this.#pending.values()) {
      relocation.typeId = otherName === undefined ? written.typeId(struct) : written.renamed(struct, otherName);
      relocation.access = written.access(struct, path);
    }
  }

  /** As clang writes declarations that are marked `__ksym`. */
  #writeExterns(): void {
    const { builder } = this;
    const functions = [...this.#kernelFunctions].map(([name, prototype]) => builder.func(name, prototype, "extern"));
    builder.datasec(
      ".ksyms",
      0,
      functions.map((type) => ({ type, offset: 0, size: 0 })),
    );
  }

  /** `int name(void *ctx)`. */
  program(name: string): TypeId {
    const { builder } = this;
    const prototype = builder.funcProto(builder.int("int", 4, "signed"), [{ name: "ctx", type: builder.ptr(0) }]);
    return builder.func(name, prototype, "global");
  }

  /** A function that a helper calls back: `long name(u64, ...)`, seen by its own program only. */
  callback(name: string, params: number): TypeId {
    const { builder } = this;
    const word = this.word(false);
    const list = Array.from({ length: params }, (_, index) => ({ name: `arg${index}`, type: word }));
    return builder.func(name, builder.funcProto(this.word(true), list), "static");
  }

  /** The index of an array map. */
  get index(): TypeId {
    return this.builder.int("unsigned int", 4, "unsigned");
  }

  word(signed: boolean): TypeId {
    return signed ? this.builder.int("long long", 8, "signed") : this.builder.int("unsigned long long", 8, "unsigned");
  }

  /** A map's key, `size` bytes. A single part stands for itself. */
  key(name: string, parts: readonly Field[], size: number): TypeId {
    const [first] = parts;
    return parts.length === 1 && first !== undefined && first.type.size === size
      ? this.data(first.type)
      : this.#struct(`${name}_key`, parts, size);
  }

  /** A map's value, `size` bytes. */
  value(name: string, view: ValueView, size: number): TypeId {
    switch (view.kind) {
      case "scalar":
        if (view.setOffset === undefined && view.type.size === size) return this.data(view.type);
        return this.#struct(
          `${name}_value`,
          [
            { name: "value", offset: 0, type: view.type },
            ...(view.setOffset === undefined ? [] : [{ name: "set", offset: view.setOffset, type: UNSIGNED }]),
          ],
          size,
        );
      case "count":
        return this.word(false);
      case "sum":
      case "min":
      case "max":
        return this.#struct(`${name}_value`, pair(view.signed, "value", "set"), size);
      case "avg":
      case "stats":
        return this.#struct(`${name}_value`, pair(view.signed, "total", "count"), size);
      case "hist":
      case "lhist":
      case "tseries":
        return this.builder.array(this.word(false), size / 8);
    }
  }

  /** A section of global variables. */
  section(name: string, variables: readonly (Field & { readonly name: string })[], size: number): TypeId {
    const { builder } = this;
    return builder.datasec(
      name,
      size,
      variables.map((variable) => ({
        type: builder.var(variable.name, this.data(variable.type), "global"),
        offset: variable.offset,
        size: variable.type.size,
      })),
    );
  }

  /** Fields at their offsets in `size` bytes. */
  record(name: string, fields: readonly Field[], size: number): TypeId {
    return this.#struct(name, fields, size);
  }

  #struct(name: string, fields: readonly Field[], size: number): TypeId {
    return this.builder.struct(
      name,
      size,
      fields.map((field, index) => ({
        name: field.name ?? `k${index}`,
        type: this.data(field.type),
        bitOffset: field.offset * 8,
      })),
    );
  }

  /** A value in memory. */
  data(type: DataType): TypeId {
    const { builder } = this;
    switch (type.kind) {
      case "int":
        return type.size === 8
          ? this.word(type.signed)
          : builder.int(`${type.signed ? "s" : "u"}${type.size * 8}`, type.size, type.signed ? "signed" : "unsigned");
      case "bool":
        return builder.int("_Bool", 1, "bool");
      case "bits":
        return builder.int(`u${type.size * 8}`, type.size, "unsigned");
      case "enum":
        return type.size === 8 ? this.word(type.signed) : builder.int(`u${type.size * 8}`, type.size, "unsigned");
      case "pointer":
        return builder.ptr(0);
      case "string":
        return builder.array(builder.int("char", 1, "char"), type.size);
      case "buffer":
        return builder.array(builder.int("unsigned char", 1, "unsigned"), type.size);
      case "symbol":
      case "named":
      case "stack":
        return builder.array(this.word(false), type.size / 8);
      case "tuple":
      case "record":
        // Unions and bit fields share bytes, which BTF says in another way: their bytes alone are told.
        if (overlaps(type.fields)) return builder.array(builder.int("unsigned char", 1, "unsigned"), type.size);
        return this.#struct(`${type.kind}_${type.size}`, type.fields, type.size);
      case "array":
        return builder.array(this.data(type.element), type.length);
    }
  }
}

const UNSIGNED: DataType = { kind: "int", size: 8, signed: false };

function pair(signed: boolean, first: string, second: string): readonly Field[] {
  return [
    { name: first, offset: 0, type: { kind: "int", size: 8, signed } },
    { name: second, offset: 8, type: UNSIGNED },
  ];
}

function overlaps(fields: readonly Field[]): boolean {
  return (
    fields.some(({ offset }, i) => i > 0 && offset < fields[i - 1]!.offset + fields[i - 1]!.type.size) ||
    fields.some(({ type }) => type.kind === "bits")
  );
}

/**
 * Readers are written out as JavaScript and compiled: one struct becomes one object literal, which is
 * several times faster than walking its members. The text is made of numbers and of names as JSON
 * strings, so nothing in an object's BTF can become code.
 *
 *     struct { __u32 pid; char comm[16]; }  =>  (v, o) => ({ ["pid"]: v.getUint32(o, true), ["comm"]: bytes(v, o + 4, 16) })
 */
import type { CodecOptions } from "./codec.ts";
import type { EnumName, Shape } from "./shape.ts";

export type Reader<T> = (view: DataView, offset: number) => T;

export function readerOf<T>(shape: Shape, options: CodecOptions): Reader<T> {
  const source = new ReaderSource(options);
  const helpers = { bytes, text: textReader(), bits, named };
  const result = source.read(shape, "o");
  const body = `"use strict";\n${source.functions.join("\n")}\nreturn (v, o) => ${result};`;
  // oxlint-disable-next-line typescript/no-implied-eval -- see the top of this file
  const make = new Function("names", ...Object.keys(helpers), body) as (...args: unknown[]) => Reader<T>;
  return make(source.names, ...Object.values(helpers));
}

class ReaderSource {
  /** One for each struct and each kind of list, those they need before them. */
  readonly functions: string[] = [];
  /** By value, one map for each enum. */
  readonly names: ReadonlyMap<bigint | number, string>[] = [];
  readonly #options: CodecOptions;
  readonly #functionOf = new Map<Shape, string>();

  constructor(options: CodecOptions) {
    this.#options = options;
  }

  /** An expression for the value at the byte offset `at`. */
  read(shape: Shape, at: string): string {
    switch (shape.kind) {
      case "int":
        return this.#int(shape, at);
      case "bool":
        return `v.getUint8(${at}) !== 0`;
      case "bits":
        return this.#bits(shape, at);
      case "float":
        return `v.getFloat${shape.size * 8}(${at}, true)`;
      case "pointer":
        return `v.getBigUint64(${at}, true)`;
      case "bytes":
        return `${shape.text && this.#options.text === true ? "text" : "bytes"}(v, ${at}, ${shape.size})`;
      case "list":
      case "record":
        return `${this.#function(shape)}(v, ${at})`;
    }
  }

  #int(shape: Extract<Shape, { kind: "int" }>, at: string): string {
    const { size, signed, names } = shape;
    const number = integer(size, signed, at, this.#options.wide === "number");
    if (names === undefined || this.#options.enums !== "name") return number;
    this.names.push(namesByValue(names, size === 8 && this.#options.wide !== "number"));
    return `named(names[${this.names.length - 1}], ${number})`;
  }

  #bits({ size, shift, bits, encoding }: Extract<Shape, { kind: "bits" }>, at: string): string {
    const value = `bits(v, ${at}, ${size}, ${shift}, ${bits}, ${encoding === "signed"})`;
    if (encoding === "bool") return `${value} !== 0n`;
    return bits <= 32 || this.#options.wide === "number" ? `Number(${value})` : value;
  }

  #function(shape: Extract<Shape, { kind: "list" | "record" }>): string {
    const known = this.#functionOf.get(shape);
    if (known !== undefined) return known;
    const body =
      shape.kind === "list"
        ? `{ const list = []; for (let i = 0; i < ${shape.length}; i++) list.push(${this.read(shape.of, `o + i * ${shape.of.size}`)}); return list; }`
        : `({ ${shape.fields.map((field) => `[${JSON.stringify(field.name)}]: ${this.read(field.shape, `o + ${field.offset}`)}`).join(", ")} })`;
    const name = `read${this.#functionOf.size}`;
    this.#functionOf.set(shape, name);
    this.functions.push(`const ${name} = (v, o) => ${body};`);
    return name;
  }
}

function integer(size: number, signed: boolean, at: string, wideAsNumber: boolean): string {
  const sign = signed ? "Int" : "Uint";
  if (size === 1) return `v.get${sign}8(${at})`;
  if (size < 8) return `v.get${sign}${size * 8}(${at}, true)`;
  if (size === 8 && wideAsNumber) return `(v.getUint32(${at}, true) + v.get${sign}32(${at} + 4, true) * 4294967296)`;
  if (size === 8) return `v.getBig${sign}64(${at}, true)`;
  return `(v.getBigUint64(${at}, true) | v.getBig${sign}64(${at} + 8, true) << 64n)`;
}

function namesByValue(names: readonly EnumName[], wide: boolean): ReadonlyMap<bigint | number, string> {
  return new Map(names.map(({ name, value }) => [wide ? value : Number(value), name]));
}

// What generated code calls.

function bytes(view: DataView, offset: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, size).slice();
}

function textReader(): (view: DataView, offset: number, size: number) => string {
  const decoder = new TextDecoder();
  return (view, offset, size) => {
    const all = new Uint8Array(view.buffer, view.byteOffset + offset, size);
    const end = all.indexOf(0);
    return decoder.decode(end === -1 ? all : all.subarray(0, end));
  };
}

function bits(view: DataView, offset: number, size: number, shift: number, count: number, signed: boolean): bigint {
  let word = 0n;
  for (let i = size - 1; i >= 0; i--) word = (word << 8n) | BigInt(view.getUint8(offset + i));
  return signed ? BigInt.asIntN(count, word >> BigInt(shift)) : BigInt.asUintN(count, word >> BigInt(shift));
}

function named(names: ReadonlyMap<bigint | number, string>, value: bigint | number): bigint | number | string {
  return names.get(value) ?? value;
}

/**
 * Values of BTF types as JavaScript values, and back.
 *
 * | type | JavaScript |
 * | --- | --- |
 * | integers and enums to 4 bytes | number |
 * | integers and enums of 8 and 16 bytes | bigint; of 8 bytes number with `wide: "number"` |
 * | enums with `enums: "name"` | the enumerator's name, or the number where it has none |
 * | bool | boolean |
 * | bit fields | number to 32 bits, else as an integer of 8 bytes; boolean if declared bool |
 * | float, double | number |
 * | pointers | bigint |
 * | arrays of one-byte integers | Uint8Array; those of char with `text: true` a string, to the first NUL |
 * | other arrays | Array |
 * | structs, unions, data sections | plain objects; members of anonymous structs stand in their parent |
 *
 * All bytes are little-endian, as on every machine that Sonde runs on.
 */
import type { Btf, TypeId } from "./btf.ts";
import { readerOf } from "./codec-read.ts";
import { writerOf } from "./codec-write.ts";
import type { Shape } from "./shape.ts";
import { shapeOf } from "./shape.ts";

/** What a codec may read; narrow it by the type parameter of {@link codecOf}. */
export type BtfValue =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | readonly BtfValue[]
  | { readonly [member: string]: BtfValue };

export interface Codec<T = BtfValue> {
  /** Bytes. */
  readonly size: number;
  /** The value at a byte offset; it shares no memory with `view`. */
  read(view: DataView, offset: number): T;
  /**
   * Writes all `size` bytes: padding and members that are missing become zero. Integers may be given
   * as number or bigint, enums also by name.
   *
   * Errors: {@link CodecError} for a value of another type, out of range, or a member that does not exist.
   */
  write(view: DataView, offset: number, value: T): void;
}

export interface CodecOptions {
  /** Arrays of char as strings (UTF-8). What stands after the NUL is lost, and so are bytes that are no UTF-8. */
  readonly text?: boolean;
  /** 8-byte integers as numbers: four times as fast, exact to 2^53. */
  readonly wide?: "bigint" | "number";
  readonly enums?: "number" | "name";
}

/**
 * The codec of a BTF type; making one costs some tenths of a millisecond, reading some nanoseconds a
 * member. Throws BtfError for what has no size: void, functions, forward declarations.
 */
export function codecOf<T = BtfValue>(btf: Btf, id: TypeId, options: CodecOptions = {}): Codec<T> {
  return codecOfShape<T>(shapeOf(btf, id), options);
}

/** The codec of a shape that is known without BTF: `{ kind: "int", size: 4, signed: false }`. */
export function codecOfShape<T = BtfValue>(shape: Shape, options: CodecOptions = {}): Codec<T> {
  const write = writerOf(shape);
  const { size } = shape;
  return {
    size,
    read: readerOf<T>(shape, options),
    write: (view, offset, value) => {
      new Uint8Array(view.buffer, view.byteOffset + offset, size).fill(0);
      write(view, offset, value);
    },
  };
}

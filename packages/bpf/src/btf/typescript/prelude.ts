/** What every file of declarations opens with: the kernel's scalars, pointers and arrays as TypeScript has them. */

/** Names that {@link PRELUDE} declares. */
export const PRELUDE_NAMES = [
  "u8",
  "u16",
  "u32",
  "u64",
  "u128",
  "s8",
  "s16",
  "s32",
  "s64",
  "s128",
  "char",
  "bool",
  "f32",
  "f64",
  "Ptr",
  "List",
  "Text",
  "Float",
] as const;

export const PRELUDE = `// Behind each field is where it lies: "+16" is 16 bytes from the start of the struct, "+16.3 :2" a bit
// field of 2 bits from bit 3 of byte 16 on.

declare const brand: unique symbol;
/** Types of another brand are another type; plain values of the underlying type may be assigned. */
interface Brand<B> {
  readonly [brand]?: B;
}

export type u8 = number & Brand<"u8">;
export type u16 = number & Brand<"u16">;
export type u32 = number & Brand<"u32">;
export type u64 = bigint & Brand<"u64">;
export type u128 = bigint & Brand<"u128">;
export type s8 = number & Brand<"s8">;
export type s16 = number & Brand<"s16">;
export type s32 = number & Brand<"s32">;
export type s64 = bigint & Brand<"s64">;
export type s128 = bigint & Brand<"s128">;
export type char = number & Brand<"char">;
export type bool = boolean;
export type f32 = number & Brand<"f32">;
export type f64 = number & Brand<"f64">;
/** A floating-point number of other than 4 or 8 bytes. */
export type Float<Bytes extends number> = Uint8Array & Brand<Bytes>;
/** An address; \`Space\` is the type tag of what it points to: "user", "rcu", "percpu". */
export type Ptr<T, Space extends string = "kernel"> = bigint & Brand<{ readonly to: T; readonly in: Space }>;
/** An array of so many elements. */
export interface List<T, Length extends number> extends ReadonlyArray<T> {
  readonly length: Length;
}
/** An array of char. */
export type Text<Length extends number> = string & Brand<{ readonly bytes: Length }>;
`;

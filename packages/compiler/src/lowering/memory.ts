/** Memory outside the program: where a value lies, and how it is read from there. */
import { CoreKind, type CoreRelocation } from "@sonde/bpf/asm";
import { pointerTo, type AccessSize, type Inst } from "../ir/index.ts";
import type { Frame, Spot } from "./frame.ts";
import { Helper } from "./helpers.ts";

/** Context memory and the like ("program") is read directly; the others through their helpers. */
export type AddressSpace = "kernel" | "user" | "program";

/** A place that an expression names. */
export interface Place {
  /** A pointer, or an address where `space` is not the program's own. */
  readonly base: Inst;
  /** Bytes from `base`; with `field`, what the Target says, and the running kernel decides. */
  readonly offset: number;
  readonly space: AddressSpace;
  /** The verifier knows `base` by BTF and allows direct loads. */
  readonly trusted: boolean;
  readonly field?: FieldPath;
  readonly bits?: BitField;
  /** Where `field` has two names for its struct: the one that was chosen. */
  readonly named?: "first" | "otherwise";
}

/** Members from a struct of the Target's BTF inwards; indices of members and of array elements. */
export interface FieldPath {
  readonly struct: number;
  readonly path: readonly number[];
  /** What some kernels call the struct instead, which has the same members. */
  readonly otherName?: string;
}

/** A bit field, from the start of its place. */
export interface BitField {
  readonly offset: number;
  readonly size: number;
}

/** The relocation that finds a place's field on the running kernel. */
export function relocation(
  h: Frame,
  place: Place,
  kind: CoreKind = CoreKind.FieldByteOffset,
): CoreRelocation | undefined {
  if (place.field === undefined) return undefined;
  const { struct, path, otherName } = place.field;
  return h.object.types.relocation(kind, struct, path, place.named === "otherwise" ? otherName : undefined);
}

/** Whether the running kernel has the field, as 0 or another number. */
export function fieldExists(h: Frame, { struct, path, otherName }: FieldPath): Inst {
  const exists = (name?: string): Inst =>
    h.builder.core(h.object.types.relocation(CoreKind.FieldExists, struct, path, name), 1);
  return otherName === undefined ? exists() : h.builder.binary("or", exists(), exists(otherName));
}

/**
 * What `read` gives of the struct by the name that the running kernel has for it. Only one of the two ways is
 * verified and left: the question is a constant by then.
 */
function byEitherName(h: Frame, place: Place, read: (place: Place) => Inst): Inst {
  const { builder, object } = h;
  const { struct } = place.field!;
  const exists = builder.core(object.types.relocation(CoreKind.TypeExists, struct, []), 1);
  const value = builder.variable("either");
  const side = (named: "first" | "otherwise") => (): void => builder.write(value, read({ ...place, named }));
  h.when({ kind: "ne", a: exists, b: h.constant(0) }, side("first"), side("otherwise"), true);
  return builder.read(value);
}

function isAmbiguous({ field, named }: Place): boolean {
  return field?.otherName !== undefined && named === undefined;
}

/** The address of a place. */
export function address(h: Frame, place: Place): Inst {
  const { builder } = h;
  if (isAmbiguous(place)) {
    const offset = byEitherName(h, place, (named) => builder.core(relocation(h, named)!, place.offset));
    return builder.binary("add", place.base, offset);
  }
  const core = relocation(h, place);
  if (core !== undefined) return builder.binary("add", place.base, builder.core(core, place.offset));
  return place.offset === 0 ? place.base : builder.binary("add", place.base, h.constant(place.offset));
}

/** What is read of a place: a value that a register holds. */
export interface Access {
  /** Bytes; of a bit field, those of its declared type. */
  readonly size: AccessSize;
  readonly signed: boolean;
  /** The value is a pointer that the verifier lets programs load from. */
  readonly trusted: boolean;
}

/** Reads a value of register size; zero where it can't be read. */
export function readValue(h: Frame, place: Place, access: Access): Inst {
  if (isAmbiguous(place)) return byEitherName(h, place, (named) => readValue(h, named, access));
  if (place.bits !== undefined) return readBits(h, place, place.bits, access);
  const { size, signed, trusted } = access;
  if (isDirect(place)) {
    const core = relocation(h, place);
    return h.builder.load(place.base, place.offset, size, {
      signed,
      ...(core === undefined ? {} : { core }),
      ...(trusted ? { type: pointerTo("trusted") } : {}),
    });
  }
  readBytes(h, place, { base: h.word(), offset: 0 }, size);
  return h.builder.load(h.word(), 0, size, { signed });
}

/** A string's or array's bytes in a kernel object that the verifier lets programs load from: what {@link loadBytes} takes. */
export function isTrustedArray(place: Place): place is Place & { readonly field: FieldPath } {
  return place.trusted && isDirect(place) && place.field !== undefined && place.bits === undefined;
}

/** Loads `size` bytes, `at` bytes into an array of bytes that is a member of a trusted object. */
export function loadBytes(h: Frame, place: Place & { readonly field: FieldPath }, at: number, size: AccessSize): Inst {
  const element = { struct: place.field.struct, path: [...place.field.path, at] };
  const core = relocation(h, { ...place, field: element });
  return h.builder.load(place.base, place.offset + at, size, core === undefined ? {} : { core });
}

/** Copies `bytes` bytes from a place to memory of the program; zeros where the place can't be read. */
export function readBytes(h: Frame, place: Place, to: Spot, bytes: number): void {
  const { builder } = h;
  const helper = place.space === "user" ? Helper.probeReadUser : Helper.probeReadKernel;
  builder.call(helper, [spotAddress(h, to), h.constant(bytes), address(h, place)]);
}

/** Copies a NUL-terminated string of at most `bytes` bytes, its end included. What follows its end is not written. Gives the bytes copied, or a negative error. */
export function readString(h: Frame, from: Inst, space: AddressSpace, to: Spot, bytes: Inst): Inst {
  const helper = space === "user" ? Helper.probeReadUserStr : Helper.probeReadKernelStr;
  return h.builder.call(helper, [spotAddress(h, to), bytes, from]);
}

export function spotAddress(h: Frame, spot: Spot): Inst {
  return spot.offset === 0 ? spot.base : h.builder.binary("add", spot.base, h.constant(spot.offset));
}

/** Whether programs may load from the place themselves. */
export function isDirect(place: Place): boolean {
  return place.base.type.kind === "pointer" && (place.space === "program" || place.trusted);
}

/**
 * A bit field: the word that holds it, shifted left until its top bit is the word's, then right. The
 * word's size is the Target's, its place and the shifts are the running kernel's.
 */
function readBits(h: Frame, place: Place, bits: BitField, access: Access): Inst {
  const { builder } = h;
  const word = wordOf(bits, access.size);
  const { bits: _, ...start } = place;
  const at: Place = { ...start, offset: place.offset + word.byte };
  const raw = readValue(h, at, { size: word.size, signed: false, trusted: false });
  const left = 64 - (bits.offset + bits.size - word.byte * 8);
  const right = 64 - bits.size;
  const shift = (kind: CoreKind, fallback: number): Inst => {
    const core = relocation(h, place, kind);
    return core === undefined ? h.constant(fallback) : builder.core(core, fallback);
  };
  return builder.binary(
    access.signed ? "ashr" : "lshr",
    builder.binary("shl", raw, shift(CoreKind.FieldLeftShift, left)),
    shift(CoreKind.FieldRightShift, right),
  );
}

/** The aligned word that a bit field lies in, the declared type's or, where it crosses one, a wider one. */
function wordOf(bits: BitField, declared: AccessSize): { readonly byte: number; readonly size: AccessSize } {
  let size: number = declared;
  const start = (): number => Math.floor(bits.offset / 8 / size) * size;
  while (size < 8 && bits.offset + bits.size > (start() + size) * 8) size *= 2;
  return { byte: start(), size: size as AccessSize };
}

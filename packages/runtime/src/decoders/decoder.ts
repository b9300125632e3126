/**
 * Label decoders turn one part of a map's key, or one field of an event, into the text that a person
 * reads: a device number into `sda`, a cgroup id into a container's name. They are applied in chains
 * (see DecoderView): each is given what the one before it made.
 */
import type { Btf } from "@sonde/bpf/btf";
import type { DecoderView } from "@sonde/bpf/spec";
import type { Integer, Value } from "../decode/value.ts";
import { addressesOnly } from "../print/names.ts";
import { showValue } from "../print/show.ts";
import type { Identities } from "./identities.ts";

/** Undefined: the whole series or event is left out. */
export type LabelDecoder = (input: Value) => Value | undefined;

/** What decoders may ask the machine. */
export interface DecoderContext {
  /** Who is behind cgroups and processes; without it they are told by their numbers. */
  readonly identities?: Identities;
  /** The running kernel's types; without them its enumerations are told by their numbers. */
  readonly vmlinux?: () => Btf | undefined;
}

export interface DecoderKind {
  /** One line for a person who chooses among them. */
  readonly summary: string;
  /** What it says of one input may change: as names arrive ("identity"), or at any time ("process": ids are used again). */
  readonly changes?: "identity" | "process";
  /** Errors: TypeError for a view without what this decoder must be told. */
  readonly make: (view: DecoderView, context: DecoderContext) => LabelDecoder;
}

/** As text, without escapes: those belong to whoever writes it. */
export function textOf(input: Value): string {
  return typeof input === "string" ? input : showValue(input, { escape: (text) => text, names: addressesOnly });
}

/** The integer in a number, an enumerator, an address or decimal text; undefined for anything else. */
export function integerOf(input: Value): Integer | undefined {
  switch (typeof input) {
    case "number":
    case "bigint":
      return input;
    case "boolean":
      return input ? 1 : 0;
    case "string":
      return /^-?\d{1,15}$/.test(input) ? Number(input) : /^-?\d{1,20}$/.test(input) ? BigInt(input) : undefined;
    default:
      if (!("kind" in input)) return undefined;
      if (input.kind === "enum") return input.value;
      return input.kind === "pointer" || input.kind === "symbol" ? input.address : undefined;
  }
}

/** The bytes of a buffer, of an array of bytes, of text, or of an integer in `size` bytes as the machine keeps it. */
export function bytesOf(input: Value, size: 4 | 8 = 8): Uint8Array | undefined {
  if (input instanceof Uint8Array) return input;
  if (typeof input === "string") return Buffer.from(input, "utf8");
  if (Array.isArray(input)) return Uint8Array.from(input as readonly Value[], (byte) => Number(integerOf(byte) ?? 0));
  const value = integerOf(input);
  if (value === undefined) return undefined;
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  return new Uint8Array(bytes.buffer, 0, size);
}

/** A decoder of integers; anything else passes through. */
export function integerDecoder(decode: (value: Integer) => Value | undefined): LabelDecoder {
  return (input) => {
    const value = integerOf(input);
    return value === undefined ? input : decode(value);
  };
}

/** Finds the sections of a BTF blob and makes its types readable as words. */
import { BtfError } from "./errors.ts";
import { BTF_HEADER_BYTES, BTF_LAYOUT_HEADER_BYTES, BTF_MAGIC, BTF_VERSION } from "./format.ts";

export type ByteOrder = "little" | "big";

/** How long types of a kind are, told by BTF that describes itself (from Linux 7.1). */
export interface KindLayout {
  /** 32-bit words behind the first three. */
  readonly fixedWords: number;
  /** 32-bit words for each of a type's entries. */
  readonly entryWords: number;
}

export interface BtfSections {
  /** The type section; a view of the blob where byte order and alignment allow, else a copy. */
  readonly types: Uint32Array;
  /** The string section, always a view. */
  readonly strings: Uint8Array;
  /** By number of kind; empty where the blob does not say. */
  readonly layouts: readonly KindLayout[];
  readonly byteOrder: ByteOrder;
}

/** Throws BtfError for what is no BTF, or whose sections do not lie within it. */
export function readSections(blob: Uint8Array): BtfSections {
  if (blob.length < BTF_HEADER_BYTES) throw new BtfError(`BTF of ${blob.length} bytes has no room for its header`);
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const little = view.getUint16(0, true) === BTF_MAGIC;
  if (!little && view.getUint16(0, false) !== BTF_MAGIC) {
    throw new BtfError(
      `not BTF: it starts with 0x${view.getUint16(0, true).toString(16)} instead of 0x${BTF_MAGIC.toString(16)}`,
    );
  }
  if (view.getUint8(2) !== BTF_VERSION)
    throw new BtfError(`BTF version ${view.getUint8(2)} is not known, only ${BTF_VERSION}`);
  const header = view.getUint32(4, little);
  /** Offset from the blob's start and length, both in bytes, of the section that the header names at `at`. */
  const section = (at: number): readonly [number, number] => {
    const offset = header + view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    if (header < at + 8 || offset + length > blob.length)
      throw new BtfError(`BTF of ${blob.length} bytes is truncated or its header is damaged`);
    return [offset, length];
  };
  const [typeOffset, typeBytes] = section(8);
  const [stringOffset, stringBytes] = section(16);
  if (typeBytes % 4 !== 0) throw new BtfError(`BTF's type section of ${typeBytes} bytes is not made of 32-bit words`);
  const [layoutOffset, layoutBytes] = header >= BTF_LAYOUT_HEADER_BYTES ? section(24) : [0, 0];
  return {
    types: readWords(blob, typeOffset, typeBytes / 4, little),
    strings: blob.subarray(stringOffset, stringOffset + stringBytes),
    layouts: readLayouts(blob.subarray(layoutOffset, layoutOffset + layoutBytes)),
    byteOrder: little ? "little" : "big",
  };
}

function readWords(blob: Uint8Array, offset: number, length: number, little: boolean): Uint32Array {
  const start = blob.byteOffset + offset;
  const native = little === (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1);
  if (native && start % 4 === 0) return new Uint32Array(blob.buffer, start, length);
  const view = new DataView(blob.buffer, start, length * 4);
  return Uint32Array.from({ length }, (_, word) => view.getUint32(word * 4, little));
}

/** Four bytes for each kind: those behind the common part, those of each entry, two of flags. */
function readLayouts(bytes: Uint8Array): readonly KindLayout[] {
  return Array.from({ length: bytes.length >> 2 }, (_, kind) => {
    const [fixed, entry] = [bytes[kind * 4]!, bytes[kind * 4 + 1]!];
    if (fixed % 4 !== 0 || entry % 4 !== 0)
      throw new BtfError(`BTF's layout of kind ${kind}, ${fixed} and ${entry} bytes, is not made of 32-bit words`);
    return { fixedWords: fixed / 4, entryWords: entry / 4 };
  });
}

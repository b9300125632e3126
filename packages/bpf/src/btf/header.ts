/** Finds the two sections of a BTF blob and makes its types readable as words. */
import { BtfError } from "./errors.ts";
import { BTF_HEADER_BYTES, BTF_MAGIC, BTF_VERSION } from "./format.ts";

export interface BtfSections {
  /** The type section; a view of the blob where byte order and alignment allow, else a copy. */
  readonly types: Uint32Array;
  /** The string section, always a view. */
  readonly strings: Uint8Array;
}

/** Throws BtfError for what is no BTF, or whose sections do not lie within it. */
export function readSections(blob: Uint8Array): BtfSections {
  if (blob.length < BTF_HEADER_BYTES) throw new BtfError(`BTF of ${blob.length} bytes has no room for its header`);
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const little = view.getUint16(0, true) === BTF_MAGIC;
  if (!little && view.getUint16(0, false) !== BTF_MAGIC) {
    throw new BtfError(`not BTF: it starts with 0x${view.getUint16(0, true).toString(16)} instead of 0x${BTF_MAGIC.toString(16)}`);
  }
  if (view.getUint8(2) !== BTF_VERSION) throw new BtfError(`BTF version ${view.getUint8(2)} is not known, only ${BTF_VERSION}`);
  const header = view.getUint32(4, little);
  const typeOffset = view.getUint32(8, little);
  const typeBytes = view.getUint32(12, little);
  const stringOffset = view.getUint32(16, little);
  const stringBytes = view.getUint32(20, little);
  if (header < BTF_HEADER_BYTES || typeBytes % 4 !== 0
    || header + typeOffset + typeBytes > blob.length || header + stringOffset + stringBytes > blob.length) {
    throw new BtfError(`BTF of ${blob.length} bytes is truncated or its header is damaged`);
  }
  return {
    types: readWords(blob, header + typeOffset, typeBytes / 4, little),
    strings: blob.subarray(header + stringOffset, header + stringOffset + stringBytes),
  };
}

function readWords(blob: Uint8Array, offset: number, length: number, little: boolean): Uint32Array {
  const start = blob.byteOffset + offset;
  const native = little === (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1);
  if (native && start % 4 === 0) return new Uint32Array(blob.buffer, start, length);
  const view = new DataView(blob.buffer, start, length * 4);
  return Uint32Array.from({ length }, (_, word) => view.getUint32(word * 4, little));
}

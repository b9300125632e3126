/** Puts a BTF blob together from its sections. */
import { BTF_HEADER_BYTES, BTF_MAGIC, BTF_VERSION } from "./format.ts";
import type { ByteOrder } from "./header.ts";

/** `types` as words; `strings` with every string ended by NUL, the empty one first (but for split BTF). */
export function encodeBlob(types: ArrayLike<number>, strings: Uint8Array, byteOrder: ByteOrder = "little"): Uint8Array {
  const typeBytes = types.length * 4;
  const blob = new Uint8Array(BTF_HEADER_BYTES + typeBytes + strings.length);
  const view = new DataView(blob.buffer);
  const little = byteOrder === "little";
  view.setUint16(0, BTF_MAGIC, little);
  view.setUint8(2, BTF_VERSION);
  view.setUint32(4, BTF_HEADER_BYTES, little);
  view.setUint32(12, typeBytes, little);
  view.setUint32(16, typeBytes, little);
  view.setUint32(20, strings.length, little);
  for (let word = 0; word < types.length; word++) view.setUint32(BTF_HEADER_BYTES + word * 4, types[word]!, little);
  blob.set(strings, BTF_HEADER_BYTES + typeBytes);
  return blob;
}

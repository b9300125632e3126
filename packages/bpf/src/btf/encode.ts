/** Puts a BTF blob together from its sections (little-endian). */
import { BTF_HEADER_BYTES, BTF_MAGIC, BTF_VERSION } from "./format.ts";

/** `types` as words; `strings` with the empty string first and every string ended by NUL. */
export function encodeBlob(types: Uint32Array, strings: Uint8Array): Uint8Array {
  const typeBytes = types.length * 4;
  const blob = new Uint8Array(BTF_HEADER_BYTES + typeBytes + strings.length);
  const view = new DataView(blob.buffer);
  view.setUint16(0, BTF_MAGIC, true);
  view.setUint8(2, BTF_VERSION);
  view.setUint32(4, BTF_HEADER_BYTES, true);
  view.setUint32(12, typeBytes, true);
  view.setUint32(16, typeBytes, true);
  view.setUint32(20, strings.length, true);
  for (let word = 0; word < types.length; word++) view.setUint32(BTF_HEADER_BYTES + word * 4, types[word]!, true);
  blob.set(strings, BTF_HEADER_BYTES + typeBytes);
  return blob;
}

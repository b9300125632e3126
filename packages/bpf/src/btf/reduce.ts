/**
 * Replaces kinds of BTF that Linux 5.10 does not know by older ones. Ids and sizes stay what they
 * were, so whatever refers to a type still does; what is lost only made dumps nicer.
 *
 *     FLOAT (5.13)      an empty struct of the same size
 *     DECL_TAG (5.16)   a void pointer: nothing refers to a declaration tag
 *     TYPE_TAG (5.17)   const
 *     ENUM64 (6.0)      an integer of the same size
 *
 * Names of data sections with a question mark (6.9, for optional struct_ops) get an underscore instead.
 *
 * A type is three words (name, info, size or type) and what its kind adds. Info holds the kind in bits
 * 24 to 28 and the number of members in bits 0 to 15.
 */
import { BTF_HEADER_BYTES, extraWords, Kind } from "./format.ts";

const HEADER_TYPE_OFFSET = 8;
const HEADER_TYPE_LENGTH = 12;
const HEADER_STRING_OFFSET = 16;
const HEADER_STRING_LENGTH = 20;

const QUESTION_MARK = 0x3f;
const UNDERSCORE = 0x5f;

/** Little-endian BTF in, little-endian BTF out. */
export function reduceBtf(btf: Uint8Array): Uint8Array {
  const view = new DataView(btf.buffer, btf.byteOffset, btf.length);
  const header = view.getUint32(4, true);
  const start = header + view.getUint32(HEADER_TYPE_OFFSET, true);
  const end = start + view.getUint32(HEADER_TYPE_LENGTH, true);
  const strings = header + view.getUint32(HEADER_STRING_OFFSET, true);
  const names = btf.slice(strings, strings + view.getUint32(HEADER_STRING_LENGTH, true));
  const words: number[] = [];
  for (let at = start; at < end;) {
    const [name, info, size] = [view.getUint32(at, true), view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
    const kind = (info >>> 24) & 0x1f;
    const extra = extraWords(kind, info & 0xffff);
    if (kind === Kind.DATASEC && names[name] === QUESTION_MARK) names[name] = UNDERSCORE;
    const replaced = replacement(kind, name, size);
    if (replaced !== undefined) words.push(...replaced);
    else for (let word = 0; word < 3 + extra; word++) words.push(view.getUint32(at + 4 * word, true));
    at += 4 * (3 + extra);
  }
  return assemble(view, words, names);
}

function replacement(kind: number, name: number, size: number): readonly number[] | undefined {
  switch (kind) {
    case Kind.FLOAT:
      return [name, Kind.STRUCT << 24, size];
    case Kind.DECL_TAG:
      return [0, Kind.PTR << 24, 0];
    case Kind.TYPE_TAG:
      return [0, Kind.CONST << 24, size];
    case Kind.ENUM64:
      return [name, Kind.INT << 24, size, size * 8];
    default:
      return undefined;
  }
}

function assemble(original: DataView, words: readonly number[], strings: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(BTF_HEADER_BYTES + words.length * 4 + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, original.getUint32(0, true), true);
  view.setUint32(4, BTF_HEADER_BYTES, true);
  view.setUint32(HEADER_TYPE_OFFSET, 0, true);
  view.setUint32(HEADER_TYPE_LENGTH, words.length * 4, true);
  view.setUint32(HEADER_STRING_OFFSET, words.length * 4, true);
  view.setUint32(HEADER_STRING_LENGTH, strings.length, true);
  for (const [index, word] of words.entries()) view.setUint32(BTF_HEADER_BYTES + index * 4, word, true);
  bytes.set(strings, BTF_HEADER_BYTES + words.length * 4);
  return bytes;
}

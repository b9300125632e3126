/**
 * Where each type starts. Types have no fixed length, so finding number 100,000 means walking the
 * 99,999 before it; this table is that walk, done once. It can be written to a file and given to a
 * later reader of the same BTF, which saves the walk.
 */
import { BtfError } from "./errors.ts";
import { extraWords } from "./format.ts";

/** For each type, from the first that the blob itself holds. */
export interface BtfIndex {
  /** The word (of four bytes) in the type section at which the type starts. */
  readonly offsets: Uint32Array;
  /** Its kind by number, see format.ts. */
  readonly kinds: Uint8Array;
}

/** Walks the type section. Throws BtfError for an unknown kind and for a section that ends amid a type. */
export function buildIndex(words: Uint32Array): BtfIndex {
  // The shortest type has three words, so this is room enough; what stays unused is never touched.
  const offsets = new Uint32Array(Math.floor(words.length / 3));
  const kinds = new Uint8Array(offsets.length);
  const end = words.length;
  let count = 0;
  let at = 0;
  while (at + 3 <= end) {
    const info = words[at + 1]!;
    const kind = (info >>> 24) & 0x1f;
    const extra = extraWords(kind, info & 0xffff);
    if (extra < 0) throw new BtfError(`BTF type at word ${at}: kind ${kind} is not known`);
    offsets[count] = at;
    kinds[count++] = kind;
    at += 3 + extra;
  }
  if (at !== end) throw new BtfError(`BTF type section of ${end} words ends amid a type`);
  return { offsets: offsets.subarray(0, count), kinds: kinds.subarray(0, count) };
}

/*
 * The serialised form, in 32-bit words of the machine that wrote it:
 *   magic, version, bytes of the BTF, its fingerprint, number of types, checksum of what follows,
 *   then the offsets, then the kinds padded with zeroes to a whole word.
 */
const INDEX_MAGIC = 0x5844_4e53;
const INDEX_VERSION = 1;
const INDEX_HEADER_WORDS = 6;

/** Bytes to keep in a cache for {@link loadIndex}; `btf` is the blob that the index was built from. */
export function serialiseIndex(index: BtfIndex, btf: Uint8Array): Uint8Array {
  const count = index.offsets.length;
  const words = new Uint32Array(INDEX_HEADER_WORDS + count + Math.ceil(count / 4));
  words.set(index.offsets, INDEX_HEADER_WORDS);
  const bytes = new Uint8Array(words.buffer);
  bytes.set(index.kinds, (INDEX_HEADER_WORDS + count) * 4);
  words.set([INDEX_MAGIC, INDEX_VERSION, btf.length, fingerprint(btf), count]);
  words[5] = checksum(words.subarray(INDEX_HEADER_WORDS));
  return bytes;
}

/**
 * The index held by `bytes`, without copying, or undefined if they are damaged or belong to another
 * BTF: then build it anew. Costs well under a millisecond. What it lets through can at worst name
 * wrong types; all reading stays inside the blob.
 */
export function loadIndex(bytes: Uint8Array, btf: Uint8Array): BtfIndex | undefined {
  const header = INDEX_HEADER_WORDS * 4;
  if (bytes.length < header || bytes.length % 4 !== 0) return undefined;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const count = words[4]!;
  if (words[0] !== INDEX_MAGIC || words[1] !== INDEX_VERSION || words[2] !== btf.length) return undefined;
  if (words.length !== INDEX_HEADER_WORDS + count + Math.ceil(count / 4)) return undefined;
  if (words[3] !== fingerprint(btf) || words[5] !== checksum(words.subarray(INDEX_HEADER_WORDS))) return undefined;
  return {
    offsets: words.subarray(INDEX_HEADER_WORDS, INDEX_HEADER_WORDS + count),
    kinds: aligned.subarray(header + count * 4, header + count * 5),
  };
}

/** Tells one BTF from another of the same length: a hash of bytes taken at even steps through it. */
function fingerprint(btf: Uint8Array): number {
  const step = Math.max(1, Math.floor(btf.length / 16384));
  let hash = 0x811c_9dc5;
  for (let at = 0; at < btf.length; at += step) hash = Math.imul(hash ^ btf[at]!, 0x0100_0193);
  return hash >>> 0;
}

/** FNV-1a over words instead of bytes. */
function checksum(words: Uint32Array): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < words.length; at++) hash = Math.imul(hash ^ words[at]!, 0x0100_0193);
  return hash >>> 0;
}

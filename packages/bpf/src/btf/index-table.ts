/**
 * Where each type starts. Types have no fixed length, so finding number 100,000 means walking the
 * 99,999 before it; this table is that walk, done once. It can be written to a file and given to a
 * later reader of the same BTF, which saves the walk.
 */
import { BtfError } from "./errors.ts";
import { extraWords, kindOf, vlenOf } from "./format.ts";
import type { KindLayout } from "./header.ts";

/** For each type, from the first that the blob itself holds. */
export interface BtfIndex {
  /** The word (of four bytes) in the type section at which the type starts. */
  readonly offsets: Uint32Array;
  /** Where its name stands among the strings. */
  readonly names: Uint32Array;
  /** Its kind by number, see format.ts. */
  readonly kinds: Uint8Array;
}

/**
 * Walks the type section. A kind that is unknown here is passed over by its entry in `layouts`. Throws
 * BtfError if it has none, and for a section that ends amid a type.
 */
export function buildIndex(words: Uint32Array, layouts: readonly KindLayout[] = []): BtfIndex {
  // Sizes by kind as tables: the walk is most of what opening a kernel's BTF costs.
  const fixed = new Int8Array(128);
  const each = new Int8Array(128);
  for (let kind = 0; kind < 128; kind++) {
    const known = extraWords(kind, 0) !== -1;
    fixed[kind] = known ? 3 + extraWords(kind, 0) : 3 + (layouts[kind]?.fixedWords ?? -1);
    each[kind] = known ? extraWords(kind, 1) - extraWords(kind, 0) : (layouts[kind]?.entryWords ?? 0);
  }
  // The shortest type has three words, so this is room enough; what stays unused is never touched.
  const room = Math.floor(words.length / 3);
  const offsets = new Uint32Array(room);
  const names = new Uint32Array(room);
  const kinds = new Uint8Array(room);
  const end = words.length;
  let count = 0;
  let at = 0;
  while (at + 3 <= end) {
    const info = words[at + 1]!;
    const kind = kindOf(info);
    if (fixed[kind]! < 3) throw new BtfError(`BTF type at word ${at}: kind ${kind} is not known`);
    offsets[count] = at;
    names[count] = words[at]!;
    kinds[count++] = kind;
    at += fixed[kind]! + each[kind]! * vlenOf(info);
  }
  if (at !== end) throw new BtfError(`BTF type section of ${end} words ends amid a type`);
  return { offsets: offsets.subarray(0, count), names: names.subarray(0, count), kinds: kinds.subarray(0, count) };
}

/*
 * The serialised form, in 32-bit words of the machine that wrote it:
 *   magic and version, bytes of the BTF, its fingerprint, number of types, fingerprint of what follows;
 *   then the offsets, the names, and the kinds padded with zeroes to a whole word.
 */
const INDEX_MAGIC = 0x3158_4453;
const HEADER_WORDS = 5;

function indexWords(count: number): number {
  return HEADER_WORDS + 2 * count + Math.ceil(count / 4);
}

/** Bytes to keep in a cache for {@link loadIndex}; `btf` is the blob that the index was built from. */
export function serialiseIndex(index: BtfIndex, btf: Uint8Array): Uint8Array {
  const count = index.offsets.length;
  const words = new Uint32Array(indexWords(count));
  const bytes = new Uint8Array(words.buffer);
  words.set(index.offsets, HEADER_WORDS);
  words.set(index.names, HEADER_WORDS + count);
  bytes.set(index.kinds, (HEADER_WORDS + 2 * count) * 4);
  words.set([INDEX_MAGIC, btf.length, fingerprint(btf), count, fingerprint(bytes.subarray(HEADER_WORDS * 4))]);
  return bytes;
}

/**
 * The index held by `bytes`, without copying, or undefined if they are damaged or belong to another
 * BTF: then build it anew. Both are told by samples, so this costs a fraction of a millisecond; what
 * it lets through can at worst name wrong types, since all reading stays inside the blob.
 */
export function loadIndex(bytes: Uint8Array, btf: Uint8Array): BtfIndex | undefined {
  if (bytes.length < HEADER_WORDS * 4 || bytes.length % 4 !== 0) return undefined;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const count = words[3]!;
  if (words[0] !== INDEX_MAGIC || words[1] !== btf.length || words.length !== indexWords(count)) return undefined;
  if (words[2] !== fingerprint(btf) || words[4] !== fingerprint(aligned.subarray(HEADER_WORDS * 4))) return undefined;
  const names = HEADER_WORDS + count;
  const kinds = names + count;
  return {
    offsets: words.subarray(HEADER_WORDS, names),
    names: words.subarray(names, kinds),
    kinds: aligned.subarray(kinds * 4, kinds * 4 + count),
  };
}

/** A hash (FNV-1a) of some five hundred bytes taken at even steps: two kernels' BTF differ in most of them. */
function fingerprint(bytes: Uint8Array): number {
  const step = Math.max(1, Math.floor(bytes.length / 512));
  let hash = 0x811c_9dc5;
  for (let at = 0; at < bytes.length; at += step) hash = Math.imul(hash ^ bytes[at]!, 0x0100_0193);
  return hash >>> 0;
}

/** Whole lists of types as a blob, each keeping its number: for BTF that was read and changed. */
import type { BtfType } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { encodeBlob } from "./encode.ts";
import type { ByteOrder } from "./header.ts";
import type { BtfReader } from "./reader.ts";
import { StringTable } from "./string-table.ts";
import { typeWords } from "./type-words.ts";

export interface EncodeOptions {
  /** That of the machine whose kernel takes the blob; "little" if left out. */
  readonly byteOrder?: ByteOrder | undefined;
  /** For split BTF: the types that come before. */
  readonly base?: BtfReader | undefined;
}

/**
 * A blob of these types; their ids run from 1, or on from the base's. Throws BtfError where an id is
 * out of order, and for what does not fit the format.
 */
export function encodeTypes(types: Iterable<BtfType>, { base, byteOrder }: EncodeOptions = {}): Uint8Array {
  const strings = new StringTable(base);
  const string = (text: string): number => strings.offset(text);
  const words: number[] = [];
  let id = base?.size ?? 1;
  for (const type of types) {
    if (type.kind === "void" || type.id !== id)
      throw new BtfError(`BTF type ${type.id} stands where type ${id} should`);
    for (const word of typeWords(type, string)) words.push(word);
    id++;
  }
  return encodeBlob(words, strings.encode(), byteOrder);
}

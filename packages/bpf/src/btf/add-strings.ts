/**
 * Line info names files and source lines by their place in an object's string section. An object is
 * finished before anything is known of where it will be loaded or written, so its lines stay with
 * its instructions, and whoever writes line info adds the strings that it needs.
 */
import { encodeBlob } from "./encode.ts";
import { BtfError } from "./errors.ts";
import { readSections } from "./header.ts";
import { StringSection } from "./strings.ts";

export interface StringsAdded {
  /** The same types with the strings; the blob itself if it had them all. */
  readonly btf: Uint8Array;
  /** The offset of one of the strings that were asked for. */
  readonly offset: (text: string) => number;
}

export function addStrings(blob: Uint8Array, texts: Iterable<string>): StringsAdded {
  const { types, strings } = readSections(blob);
  const present = new StringSection(strings);
  const offsets = new Map<string, number>();
  const added: Uint8Array[] = [];
  let end = strings.length;
  for (const text of texts) {
    if (offsets.has(text)) continue;
    const found = present.find(text);
    offsets.set(text, found === -1 ? end : found);
    if (found !== -1) continue;
    const bytes = new TextEncoder().encode(`${text}\0`);
    added.push(bytes);
    end += bytes.length;
  }
  const offset = (text: string): number => {
    const known = offsets.get(text);
    if (known === undefined) throw new BtfError(`the string ${JSON.stringify(text)} was not added to the BTF`);
    return known;
  };
  if (added.length === 0) return { btf: blob, offset };
  const all = new Uint8Array(end);
  all.set(strings);
  let at = strings.length;
  for (const bytes of added) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return { btf: encodeBlob(types, all), offset };
}

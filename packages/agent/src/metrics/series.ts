/**
 * The series of one metric: which labels a key of its map has, decoded and rendered when the key is seen
 * first and then known by the key's bytes alone.
 */
import type { Field } from "@sonde/bpf/spec";
import { Bytes, fieldsDecoder, type Value } from "@sonde/runtime";
import { renderLabels } from "../exposition/labels.ts";
import { ByteTable, enlarged } from "../exposition/byte-table.ts";

/** What turns a key's parts into text. */
export interface KeyLabels {
  readonly names: readonly string[];
  /** What was decoded while this was another number is to be decoded anew. */
  readonly epoch: number;
  /** The labels' values, in order; undefined for a series that is to be left out. Not escaped. */
  decode(keys: readonly Value[]): string[] | undefined;
}

/** Keys that are gone may take this much more room than those that are there, before all is forgotten. */
const SPARE_KEYS = 4096;
const LEFT_OUT = 0xffff_ffff;

export class Series {
  readonly #source: KeyLabels;
  readonly #decode: (source: Bytes, offset: number) => Value[];
  readonly #keySize: number;
  readonly #encoder: InstanceType<typeof TextEncoder> = new TextEncoder();
  #scratch: Uint8Array = new Uint8Array(512);
  #epoch: number = 0;
  #keys: ByteTable = new ByteTable();
  #labels: ByteTable = new ByteTable();
  /** Of each key: the number of its labels. */
  #ofKey: Uint32Array = new Uint32Array(64);

  constructor(source: KeyLabels, keys: readonly Field[], keySize: number) {
    this.#source = source;
    this.#decode = fieldsDecoder(keys);
    this.#keySize = keySize;
  }

  /** All labels so far; another table after much has been forgotten. */
  get labels(): ByteTable {
    return this.#labels;
  }

  /** To be called before each reading. @param present how many keys the last one saw */
  refresh(present: number): void {
    const { epoch } = this.#source;
    if (epoch === this.#epoch && this.#keys.count <= 2 * present + SPARE_KEYS) return;
    this.#epoch = epoch;
    this.#keys = new ByteTable();
    this.#labels = new ByteTable();
  }

  /** The number of the labels of the key at a byte offset, or undefined for one that is left out. */
  find(source: Bytes, offset: number): number | undefined {
    const known = this.#keys.count;
    const key = this.#keys.intern(source.buffer, offset, this.#keySize);
    if (key === known) this.#remember(key, this.#render(this.#decode(source, offset)));
    const labels = this.#ofKey[key]!;
    return labels === LEFT_OUT ? undefined : labels;
  }

  /** The number of the labels of what a map had no room for: each is "other". */
  others(): number {
    return this.#intern(this.#source.names.map(() => "other"));
  }

  #remember(key: number, labels: number): void {
    if (key === this.#ofKey.length) this.#ofKey = enlarged(this.#ofKey, 2 * key);
    this.#ofKey[key] = labels;
  }

  #render(keys: readonly Value[]): number {
    const values = this.#source.decode(keys);
    return values === undefined ? LEFT_OUT : this.#intern(values);
  }

  #intern(values: readonly string[]): number {
    const text = renderLabels(this.#source.names, values);
    // A character has at most three bytes.
    if (3 * text.length > this.#scratch.length) this.#scratch = new Uint8Array(3 * text.length);
    const { written } = this.#encoder.encodeInto(text, this.#scratch);
    return this.#labels.intern(this.#scratch, 0, written);
  }
}

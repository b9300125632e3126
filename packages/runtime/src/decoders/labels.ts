/** The labels of a metric or a stream: each from a part of the key by its chain of decoders. */
import type { LabelView } from "@sonde/bpf/spec";
import type { Value } from "../decode/value.ts";
import { textOf, type DecoderContext, type LabelDecoder } from "./decoder.ts";
import { DECODERS } from "./table.ts";

export class Labels {
  readonly names: readonly string[];
  readonly #context: DecoderContext;
  readonly #changes: ReadonlySet<string | undefined>;
  readonly #parts: readonly number[];
  readonly #chains: readonly (readonly LabelDecoder[])[];
  #asked: number = 0;

  /**
   * @param parts how many parts the key has
   * Errors: TypeError when there is no such decoder or it lacks what it must be told, when a label has
   * no part to come from, or a part no label.
   */
  constructor(labels: readonly LabelView[], parts: number, context: DecoderContext = {}) {
    this.names = labels.map(({ name }) => name);
    this.#context = context;
    this.#parts = labels.map(({ part }, i) => part ?? i);
    const unused = Array.from({ length: parts }, (_, i) => i).filter((part) => !this.#parts.includes(part));
    if (unused.length > 0 || this.#parts.some((part) => part >= parts))
      throw new TypeError(
        `the key has ${parts} parts, but the labels (${this.names.join(", ") || "none"}) take ${wanted(this.#parts)}`,
      );
    this.#changes = new Set(labels.flatMap(({ decoders }) => decoders.map(({ name }) => DECODERS[name]?.changes)));
    this.#chains = labels.map(({ name, decoders }) =>
      decoders.map((view) => {
        const kind = DECODERS[view.name];
        if (kind === undefined)
          throw new TypeError(
            `label ${name}: no decoder is called ${view.name}; there are ${Object.keys(DECODERS).join(", ")}`,
          );
        return kind.make(view, context);
      }),
    );
  }

  /** What was decoded while this was another number is to be decoded anew. */
  get epoch(): number {
    if (this.#changes.has("process")) return ++this.#asked;
    return this.#changes.has("identity") ? (this.#context.identities?.epoch ?? 0) : 0;
  }

  /** The labels' values, in order; undefined if a decoder wants the series left out. Not escaped. */
  decode(keys: readonly Value[]): string[] | undefined {
    const values: string[] = [];
    for (let i = 0; i < this.#chains.length; i++) {
      let value: Value | undefined = keys[this.#parts[i]!];
      if (value === undefined) return undefined;
      for (const decoder of this.#chains[i]!) {
        value = decoder(value);
        if (value === undefined) return undefined;
      }
      values.push(textOf(value));
    }
    return values;
  }
}

function wanted(parts: readonly number[]): string {
  return parts.length === 0 ? "none" : `part ${parts.map((part) => part + 1).join(", ")}`;
}

/** One part of a key or one field of an event as a cell: text for a table, a value for JSON. */
import type { LabelView } from "@sonde/bpf/spec";
import type { Value } from "../decode/value.ts";
import { Labels } from "../decoders/labels.ts";
import type { DecoderContext } from "../decoders/decoder.ts";
import { showValue, type Notation } from "../print/show.ts";

export interface Cell {
  readonly name: string;
  /** As a person reads it, not escaped; undefined: the decoders want the row left out. */
  text(values: readonly Value[]): string | undefined;
  /** What comparisons and JSON use: a number where it is one and no decoder made text of it. */
  plain(values: readonly Value[]): Value | undefined;
}

/** A series' label, as {@link Cell.text} has it; the series of all keys that a map had no room for is called "other". */
export function labelText(cell: Cell, keys: readonly Value[] | undefined): string {
  return keys === undefined ? "other" : (cell.text(keys) ?? "");
}

/**
 * @param parts how many values a row has
 * @param names for addresses and stacks
 * Errors: TypeError of {@link Labels}.
 */
export function cellsOf(
  labels: readonly LabelView[],
  parts: number,
  names: Notation["names"],
  context: DecoderContext = {},
): readonly Cell[] {
  const notation: Notation = { escape: (text) => text, names };
  return labels.map((label, i) => {
    const { name, part = i, decoders } = label;
    if (part >= parts) throw new TypeError(`label ${name} takes part ${part + 1}, but there are ${parts}`);
    if (decoders.length === 0)
      return {
        name,
        text: (values) => showValue(values[part]!, notation, STACK_INDENT),
        plain: (values) => values[part],
      };
    const chain = new Labels([{ name, decoders }], 1, context);
    const text = (values: readonly Value[]): string | undefined => chain.decode([values[part]!])?.[0];
    return { name, text, plain: text };
  });
}

const STACK_INDENT = "    ";

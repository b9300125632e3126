/** Text by value, from a table that the view brings along. */
import type { DecoderView } from "@sonde/bpf/spec";
import { textOf, type DecoderKind, type LabelDecoder } from "./decoder.ts";

export const values: DecoderKind = {
  summary: "looked up in a table; values that are not there stay as they are",
  make: (view) => lookUp(view, (value) => value),
};

export const staticMap: DecoderKind = {
  summary: "looked up in a table; values that are not there are unknown:VALUE",
  make: (view) => lookUp(view, (value) => `unknown:${value}`),
};

function lookUp(view: DecoderView, otherwise: (value: string) => string): LabelDecoder {
  if (view.values === undefined) throw new TypeError(`decoder ${view.name} needs a table of values`);
  const table = new Map(Object.entries(view.values));
  return (input) => {
    const value = textOf(input);
    return table.get(value) ?? otherwise(value);
  };
}

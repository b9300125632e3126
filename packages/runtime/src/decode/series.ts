/** Time series: the CPUs' rings of slots put together, interval by interval. */
import { SERIES_SLOT_BYTES, type ValueView } from "@sonde/bpf/spec";
import type { Bytes } from "./bytes.ts";
import { add, divide, readInt64, readUint64 } from "./integer.ts";
import type { Layout, Point } from "./reading.ts";
import type { Integer } from "./value.ts";

type SeriesView = Extract<ValueView, { kind: "tseries" }>;

interface Slot {
  readonly value: Integer;
  readonly mark: Integer;
}

/** The intervals in which there was a value, of the last as many as the series has slots. */
export function pointsOf(view: SeriesView, { cpus, stride }: Layout, source: Bytes, offset: number): Point[] {
  const slots = new Map<bigint, Slot>();
  const read = view.signed ? readInt64 : readUint64;
  for (let cpu = 0; cpu < cpus; cpu++) {
    for (let i = 0; i < view.intervals; i++) {
      const at = offset + cpu * stride + i * SERIES_SLOT_BYTES;
      const mark = readUint64(source.view, at + 16);
      if (mark == 0) continue;
      const number = source.view.getBigUint64(at, true);
      const slot = { value: read(source.view, at + 8), mark };
      const known = slots.get(number);
      slots.set(number, known === undefined ? slot : merge(view, known, slot));
    }
  }
  let newest = 0n;
  for (const number of slots.keys()) if (number > newest) newest = number;
  return [...slots]
    .filter(([number]) => number + BigInt(view.intervals) > newest)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([number, { value, mark }]) => ({ number, value: view.keep === "avg" ? divide(value, mark) : value }));
}

function merge({ keep, signed }: SeriesView, a: Slot, b: Slot): Slot {
  switch (keep) {
    case "last":
      return b.mark > a.mark ? b : a;
    case "min":
      return b.value < a.value ? b : a;
    case "max":
      return b.value > a.value ? b : a;
    case "sum":
    case "avg":
      return { value: add(a.value, b.value, signed), mark: add(a.mark, b.mark, false) };
  }
}

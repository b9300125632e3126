/** Which of a histogram's slots are exported, under which bounds. */
import type { SlotsView } from "@sonde/bpf/spec";
import type { HistogramConfig } from "./config.ts";

/** The slot behind the last one holds the sum of all values. */
export function slotsOf(histogram: HistogramConfig): SlotsView {
  const {
    bucket_type: type,
    bucket_min: least,
    bucket_max: greatest,
    bucket_keys: keys,
    bucket_multiplier,
  } = histogram;
  const slots = type === "fixed" ? keys : Array.from({ length: greatest - least + 1 }, (_, i) => least + i);
  const upper = slots.map((slot) => upperBound(type, slot) * bucket_multiplier);
  return { slots, upper, bounds: upper.map(goNumber), sum: slots.at(-1)! + 1, scale: bucket_multiplier };
}

function upperBound(type: HistogramConfig["bucket_type"], slot: number): number {
  switch (type) {
    case "exp2":
      return 2 ** slot;
    case "exp2zero":
      return slot === 0 ? 0 : 2 ** (slot - 1);
    default:
      return slot;
  }
}

/** As Go writes a float: bounds are part of what a series is, so they stay the same to the letter (1e-06, 0.000128, 1e+21). */
export function goNumber(value: number): string {
  if (value === 0) return "0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 21) return plain(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** Without an exponent, which JavaScript does not write either in this range. */
function plain(value: number): string {
  return String(value);
}

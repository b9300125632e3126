/** The kernel's number of a block device (major in the bits from 20) by the device's name. */
import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import type { Integer } from "../decode/value.ts";
import { integerDecoder, type DecoderKind, type LabelDecoder } from "./decoder.ts";

export const device: DecoderKind = {
  summary: "the number of a block device by its name (sda), else MAJOR:MINOR",
  make: () => nameOf((pair) => pair),
};

export const majorMinor: DecoderKind = {
  summary: "the number of a block device by its name (sda), else unknown:MAJOR:MINOR",
  make: () => nameOf((pair) => `unknown:${pair}`),
};

/** Names are looked up once and kept. */
function nameOf(otherwise: (pair: string) => string): LabelDecoder {
  const known = new Map<Integer, string>();
  return integerDecoder((value) => {
    let name = known.get(value);
    if (name === undefined) {
      const number = Number(value);
      const pair = `${number >>> 20}:${number & 0xfffff}`;
      name = blockDevice(pair) ?? otherwise(pair);
      if (known.size < 4096) known.set(value, name);
    }
    return name;
  });
}

/** Undefined if the device is gone, or /sys is another machine's: its numbers still tell it apart. */
function blockDevice(pair: string): string | undefined {
  try {
    return basename(readlinkSync(`/sys/dev/block/${pair}`));
  } catch {
    return undefined;
  }
}

import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import type { LabelDefinition } from "./definition.ts";

/** Turns a key's parts, printed plainly, into label values. Names are looked up once and kept. */
export class LabelDecoder {
  readonly #labels: readonly LabelDefinition[];
  readonly #devices = new Map<string, string>();

  constructor(labels: readonly LabelDefinition[]) {
    this.#labels = labels;
  }

  get names(): readonly string[] {
    return this.#labels.map((label) => label.name);
  }

  /** @param parts one for each label, as a sink would print it */
  decode(parts: readonly string[]): string[] {
    return this.#labels.map((label, i) => {
      const part = parts[i] ?? "";
      return label.values?.[part] ?? (label.decode === "device" ? this.#device(part) : part);
    });
  }

  /** A kernel device number (major in the bits above 20) as the name that /sys/dev/block gives it, else "major:minor". */
  #device(text: string): string {
    const known = this.#devices.get(text);
    if (known !== undefined) return known;
    const number = Number(text);
    const pair = `${number >>> 20}:${number & 0xfffff}`;
    let name = pair;
    try {
      name = basename(readlinkSync(`/sys/dev/block/${pair}`));
    } catch {
      // The device is gone, or /sys is another machine's: its numbers still tell it apart.
    }
    this.#devices.set(text, name);
    return name;
  }
}

import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import type { DecoderView, LabelView } from "@sonde/bpf/spec";

const KNOWN: ReadonlySet<string> = new Set(["text", "values", "device"]);

/** Turns a key's parts, printed plainly, into label values. Names are looked up once and kept. */
export class LabelDecoder {
  readonly #labels: readonly LabelView[];
  readonly #devices = new Map<string, string>();

  /** @throws {Error} a decoder that there is not */
  constructor(labels: readonly LabelView[]) {
    for (const { name, decoders } of labels) {
      const unknown = decoders.find((decoder) => !KNOWN.has(decoder.name));
      if (unknown !== undefined)
        throw new Error(`label ${name}: there is no decoder '${unknown.name}'; there are ${[...KNOWN].join(", ")}`);
    }
    this.#labels = labels;
  }

  get names(): readonly string[] {
    return this.#labels.map((label) => label.name);
  }

  /** @param parts one for each label, as a sink would print it */
  decode(parts: readonly string[]): string[] {
    return this.#labels.map(({ decoders }, i) => this.#decodeOne(decoders, parts[i] ?? ""));
  }

  #decodeOne(decoders: readonly DecoderView[], part: string): string {
    let text = part;
    for (const { name, values } of decoders) {
      const named = values?.[text];
      if (named !== undefined) return named;
      if (name === "device") text = this.#device(text);
    }
    return text;
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

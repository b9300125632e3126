/** Labels of the configuration as fields of a key and chains of decoders. */
import type { DataType, DecoderView, Field, LabelView } from "@sonde/bpf/spec";
import type { DecoderConfig, LabelConfig } from "./config.ts";

/** One behind the other, with what pads them. */
export function fieldsOf(labels: readonly LabelConfig[]): readonly Field[] {
  let offset = 0;
  return labels.map(({ size, padding, decoders }) => {
    const field = { offset, type: typeOf(size, decoders[0]!) };
    offset += size + padding;
    return field;
  });
}

export function bytesOf(labels: readonly LabelConfig[]): number {
  return labels.reduce((total, { size, padding }) => total + size + padding, 0);
}

export function labelViewOf({ name, decoders }: LabelConfig, part: number): LabelView {
  return { name, part, decoders: decoders.map(decoderViewOf) };
}

/** Decoders there take bytes: what they take them for says the first of a chain. */
function typeOf(size: number, { name }: DecoderConfig): DataType {
  switch (name) {
    case "string":
    case "regexp":
    case "static_map":
      return { kind: "string", size };
    case "hex":
    case "inet_ip":
    case "dname":
    case "kstack":
      return { kind: "array", size, length: size, element: { kind: "int", size: 1, signed: false } };
    default:
      return size === 1 || size === 2 || size === 4 || size === 8
        ? { kind: "int", size, signed: false }
        : { kind: "array", size, length: size, element: { kind: "int", size: 1, signed: false } };
  }
}

function decoderViewOf({ name, static_map: values, allow_unknown: unknownStays, regexps }: DecoderConfig): DecoderView {
  switch (name) {
    case "static_map":
      return { name: unknownStays ? "values" : "static_map", values: decimalKeys(values ?? {}) };
    case "regexp":
      return { name, patterns: regexps ?? [] };
    case "cgroup":
      return { name: "cgroup_folder" };
    default:
      return { name };
  }
}

/** YAML reads 0x1 as the number 1, and so does whoever looks a value up; quoted it is text and stays so. */
function decimalKeys(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, text]) => [/^0x[0-9a-f]+$/i.test(key) ? BigInt(key).toString() : key, text]),
  );
}

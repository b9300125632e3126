/** One event of a stream, as its readers get it. */
import { type Value, jsonString } from "@sonde/runtime";
import { textOf } from "@sonde/runtime/decoders";

export type FieldValue = string | number | bigint | boolean;

export class StreamEvent {
  readonly monitor: string;
  readonly stream: string;
  /** Milliseconds since 1970, when it was read. */
  readonly time: number;
  readonly names: readonly string[];
  readonly values: readonly FieldValue[];
  #json: string | undefined;

  constructor(monitor: string, stream: string, names: readonly string[], values: readonly FieldValue[]) {
    this.monitor = monitor;
    this.stream = stream;
    this.time = Date.now();
    this.names = names;
    this.values = values;
  }

  /** One line, made once however many read it. Integers that a double cannot hold are text. */
  get json(): string {
    return (this.#json ??= this.#render());
  }

  #render(): string {
    const fields = this.names.map((name, i) => `${jsonString(name)}:${jsonOf(this.values[i]!)}`);
    const head = `"time":"${new Date(this.time).toISOString()}","monitor":${jsonString(this.monitor)}`;
    return `{${head},"stream":${jsonString(this.stream)},"fields":{${fields.join(",")}}}`;
  }
}

/** A decoded value as a field: numbers, booleans and text as they are, all else as it is printed. */
export function fieldValue(value: Value): FieldValue {
  return typeof value === "object" ? textOf(value) : value;
}

function jsonOf(value: FieldValue): string {
  if (typeof value === "string") return jsonString(value);
  if (typeof value === "bigint" && BigInt(Number(value)) !== value) return `"${value}"`;
  return String(value);
}

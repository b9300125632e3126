/** Views as JSON. */
import { jsonString } from "@sonde/runtime";

/**
 * Integers beyond 2^53 and bytes are strings (bytes in hexadecimal), dates are ISO 8601. What is
 * absent in the views is left out.
 */
export function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (value instanceof Date) return `"${value.toISOString()}"`;
  if (value instanceof Uint8Array)
    return `"${Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex")}"`;
  switch (typeof value) {
    case "string":
      return jsonString(value);
    case "bigint":
      return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
        ? String(value)
        : `"${value}"`;
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "object": {
      if (value === null) return "null";
      const members = Object.entries(value).filter(([, member]) => member !== undefined);
      return `{${members.map(([name, member]) => `${jsonString(name)}:${jsonText(member)}`).join(",")}}`;
    }
    default:
      return JSON.stringify(value) ?? "null";
  }
}

/** Values of maps as text: on one line where they fit, else on as many as they need. */
import { printable } from "./format.ts";

const INDENT = "  ";

/** Lines without their ends; the first one starts where the caller is, `used` characters into the line. */
export function valueLines(value: unknown, width: number, used: number, indent: string): readonly string[] {
  const whole = compact(value);
  if (used + whole.length <= width) return [whole];
  const deeper = indent + INDENT;
  if (Array.isArray(value)) return ["[", ...filled(value, width, deeper), `${indent}]`];
  if (isRecord(value)) {
    const members = Object.entries(value).flatMap(([name, member]) => {
      const head = `${deeper}${printable(name)} `;
      const [first = "", ...rest] = valueLines(member, width, head.length, deeper);
      return [head + first, ...rest];
    });
    return ["{", ...members, `${indent}}`];
  }
  return value instanceof Uint8Array ? hexLines(value, width, used, indent) : [whole];
}

/** `{ pid 12, name "sh", slots [1, 2] }`; bytes as hexadecimal. */
export function compact(value: unknown): string {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return `[${value.map(compact).join(", ")}]`;
  if (isRecord(value)) {
    const members = Object.entries(value).map(([name, member]) => `${printable(name)} ${compact(member)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  return typeof value === "string" ? `"${printable(value)}"` : String(value);
}

/** As many elements on a line as fit; each of a struct on its own. */
function filled(values: readonly unknown[], width: number, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const value of values) {
    const text = `${compact(value)},`;
    if (line.length + text.length + 1 > width && line !== indent) {
      lines.push(line);
      line = indent;
    }
    if (indent.length + text.length <= width) {
      line += line === indent ? text : ` ${text}`;
      continue;
    }
    const [first = "", ...rest] = valueLines(value, width, indent.length, indent);
    lines.push(indent + first, ...rest);
  }
  return line === indent ? lines : [...lines, line];
}

function hexLines(bytes: Uint8Array, width: number, used: number, indent: string): readonly string[] {
  const perLine = (room: number): number => Math.max(8, Math.floor((room + 1) / 3 / 8) * 8);
  const first = perLine(width - used);
  const lines = [hex(bytes.subarray(0, first))];
  const step = perLine(width - indent.length - INDENT.length);
  for (let at = first; at < bytes.length; at += step)
    lines.push(`${indent}${INDENT}${hex(bytes.subarray(at, at + step))}`);
  return lines;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

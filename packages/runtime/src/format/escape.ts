/**
 * Data from watched processes, made safe for where it is written. Each sink escapes once, at the
 * edge: the text sink for a terminal, the JSON sink for JSON.
 */
import { strayByte } from "../decode/text.ts";

/** Makes one piece of data safe for a sink. */
export type Escape = (data: string) => string;

// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const UNSAFE = /[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]/;

/**
 * For a terminal: control characters other than newline and tab, and bytes that are not UTF-8, are
 * written as `\xNN`, so that no escape sequence survives. Backslashes stay as they are.
 */
export function escapeTerminal(data: string): string {
  if (!UNSAFE.test(data)) return data;
  let result = "";
  for (const character of data) {
    const code = character.codePointAt(0)!;
    const byte = strayByte(code) ?? (isControl(code) ? code : undefined);
    result += byte === undefined ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return result;
}

function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x0a && code !== 0x09) || (code >= 0x7f && code < 0xa0);
}

/** A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, since JSON cannot carry them. */
export function jsonString(data: string): string {
  return JSON.stringify(data.replace(/[\ud800-\udfff]/gu, "\ufffd")); // with "u", only those without a partner
}

/** String literals and their escapes. */
import type { Diagnostics } from "../../diagnostics/index.ts";
import * as messages from "../messages/syntax.ts";
import { token, type Token } from "./token.ts";

/** From the opening quote on. A string without an end is taken to end with its line. */
export function readString(text: string, start: number, diagnostics: Diagnostics): Token {
  let value = "";
  // Escapes name bytes, and several of them can be one character: they are gathered until something else comes.
  let bytes: number[] = [];
  const flush = (end: number): void => {
    if (bytes.length === 0) return;
    const decoded = decodeUtf8(bytes);
    if (decoded === undefined) diagnostics.report(messages.notUtf8, { start, end });
    else value += decoded;
    bytes = [];
  };
  let i = start + 1;
  for (;;) {
    const character = text[i];
    if (character === undefined || character === "\n") {
      diagnostics.report(messages.unterminatedString, { start, end: i });
      break;
    }
    if (character === '"') {
      i++;
      break;
    }
    if (character !== "\\") {
      flush(i);
      value += character;
      i++;
      continue;
    }
    const escape = readEscape(text, i);
    if (escape === undefined) {
      const end = Math.min(i + 2, text.length);
      diagnostics.report(messages.badEscape, { start: i, end }, text.slice(i, end));
      i = end;
    } else {
      bytes.push(escape.byte);
      i += escape.length;
    }
  }
  flush(i);
  return token("string", start, i, value);
}

function readEscape(text: string, at: number): { readonly byte: number; readonly length: number } | undefined {
  const hex = /^\\x([\da-fA-F]{1,2})/.exec(text.slice(at, at + 4));
  if (hex !== null) return { byte: parseInt(hex[1] ?? "", 16), length: hex[0].length };
  const octal = /^\\([0-3]?[0-7]{1,2})/.exec(text.slice(at, at + 4));
  if (octal !== null) return { byte: parseInt(octal[1] ?? "", 8), length: octal[0].length };
  const simple = "ntrabfv\\\"'e".indexOf(text.charAt(at + 1));
  const byte = text[at + 1] === undefined ? undefined : [10, 9, 13, 7, 8, 12, 11, 92, 34, 39, 27][simple];
  return byte === undefined ? undefined : { byte, length: 2 };
}

function decodeUtf8(bytes: readonly number[]): string | undefined {
  if (bytes.every((byte) => byte < 128)) return String.fromCharCode(...bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

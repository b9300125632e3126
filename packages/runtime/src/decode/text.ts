/**
 * Text out of the kernel is bytes that a watched process chose. It becomes a string without loss:
 * UTF-8 where it is UTF-8, and each byte that is not as the lone surrogate U+DC00 + byte (U+DC80 to
 * U+DCFF), which no valid UTF-8 decodes to. Sinks decide how to show those.
 */

/** The bytes from `offset` to the first NUL, or `size` of them. */
export function readText(buffer: Buffer, offset: number, size: number): string {
  const limit = offset + size;
  let end = offset;
  let seen = 0;
  for (; end < limit; end++) {
    const byte = buffer[end]!;
    if (byte === 0) break;
    seen |= byte;
  }
  return seen < 0x80 ? buffer.toString("latin1", offset, end) : decodeUtf8(buffer, offset, end);
}

function decodeUtf8(buffer: Buffer, start: number, end: number): string {
  const text = buffer.toString("utf8", start, end);
  if (!text.includes("\ufffd")) return text;
  let result = "";
  for (let at = start; at < end;) {
    const length = sequenceLength(buffer, at, end);
    result += length === 0 ? String.fromCharCode(0xdc00 + buffer[at]!) : buffer.toString("utf8", at, at + length);
    at += length || 1;
  }
  return result;
}

/** Bytes of the valid UTF-8 sequence at `at`, or 0 if there is none. */
function sequenceLength(buffer: Buffer, at: number, end: number): number {
  const first = buffer[at]!;
  if (first < 0x80) return 1;
  const length =
    first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 0;
  if (length === 0 || at + length > end) return 0;
  for (let i = 1; i < length; i++) if ((buffer[at + i]! & 0xc0) !== 0x80) return 0;
  const second = buffer[at + 1]!;
  // Overlong forms, surrogates and code points past U+10FFFF show in the second byte.
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second >= 0xa0) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second >= 0x90) return 0;
  return length;
}

/** The byte that a character stands for if it is one of those that were not UTF-8, or undefined. */
export function strayByte(code: number): number | undefined {
  return code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : undefined;
}

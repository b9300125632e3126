/** The string section: NUL-terminated names, addressed by the byte they start at. */

/** The string that starts at `offset`; empty past the end. Names are ASCII, source lines may be UTF-8. */
export function readString(strings: Uint8Array, offset: number): string {
  let text = "";
  for (let at = offset; at < strings.length; at++) {
    const byte = strings[at]!;
    if (byte === 0) break;
    if (byte >= 0x80) return new TextDecoder().decode(strings.subarray(offset, endOf(strings, at)));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Whether the string at `offset` is exactly `name`, given with its terminating NUL. */
export function stringIs(strings: Uint8Array, offset: number, name: Uint8Array): boolean {
  for (let at = 0; at < name.length; at++) {
    if (strings[offset + at] !== name[at]) return false;
  }
  return true;
}

/** UTF-8 with a terminating NUL, as the section holds it. */
export function encodeString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

function endOf(strings: Uint8Array, from: number): number {
  const end = strings.indexOf(0, from);
  return end === -1 ? strings.length : end;
}

/** The three ways in which bpftrace writes a buffer. */

/** %r: printable ASCII as it is, every other byte as `\xNN`. */
export function printableBytes(bytes: Uint8Array): string {
  let result = "";
  for (const byte of bytes) result += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${hex(byte)}`;
  return result;
}

/** %rx: every byte as `\xNN`. */
export function escapedBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${hex(byte)}`).join("");
}

/** %rh: two hexadecimal digits a byte, with spaces between. */
export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, hex).join(" ");
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** Addresses as text. */
const AF_INET = 2;
const IPV6_WORDS = 8;

/** u64 address family, then 4 or 16 bytes of address. */
export function inetText(buffer: Uint8Array, offset: number): string {
  const address = offset + 8;
  if (buffer[offset] === AF_INET) return buffer.subarray(address, address + 4).join(".");
  return ipv6Text(buffer.subarray(address, address + 16));
}

/** RFC 5952: the longest run of zero words is left out; IPv4 addresses that are mapped show as such. */
function ipv6Text(bytes: Uint8Array): string {
  const words = Array.from({ length: IPV6_WORDS }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  if (mapped) return `::ffff:${bytes.subarray(12).join(".")}`;
  const { start, length } = longestZeros(words);
  const hex = (part: readonly number[]): string => part.map((word) => word.toString(16)).join(":");
  return length < 2 ? hex(words) : `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}

function longestZeros(words: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < words.length; start++) {
    let end = start;
    while (words[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

/** "02:42:AC:11:00:02" */
export function macText(buffer: Uint8Array, offset: number): string {
  return Array.from(buffer.subarray(offset, offset + 6), (byte) =>
    byte.toString(16).padStart(2, "0").toUpperCase(),
  ).join(":");
}

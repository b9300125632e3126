/** CRC-64 by ECMA-182's polynomial, in reflected form, which is xz's usual check: in two halves, since bigints are slow. */
const HIGH = 0xc96c5795;
const LOW = 0xd7870f42;

export function crc64(bytes: Uint8Array): bigint {
  const [highs, lows] = table();
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (lows[index] as number);
    high = (high >>> 8) ^ (highs[index] as number);
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}

/** What each byte does to the remainder. */
function table(): readonly [highs: Uint32Array, lows: Uint32Array] {
  const highs = new Uint32Array(256);
  const lows = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (low & 1) !== 0;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (!isOdd) continue;
      low ^= LOW;
      high ^= HIGH;
    }
    highs[byte] = high;
    lows[byte] = low;
  }
  return [highs, lows];
}

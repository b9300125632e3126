/**
 * The .xz format, as far as MiniDebugInfo uses it: LZMA2 without other filters.
 *
 *     stream header   fd '7zXZ' 00   flags (2: 0, kind of check)   CRC-32 of the flags
 *     block           header: size, flags, [sizes], filters, padding, CRC-32; data; padding to 4; check
 *     ...
 *     index           begins with 0, where a block has its header's size
 *
 * https://tukaani.org/xz/xz-file-format.txt
 */
import { crc64 } from "./crc64.ts";
import { decodeLzma2 } from "./lzma2.ts";
import { XzError } from "./range-decoder.ts";

export { XzError } from "./range-decoder.ts";

const MAGIC = Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0);
const STREAM_HEADER = 12;
const LZMA2 = 0x21;
/** Bytes of the check behind a block, by its kind. */
const CHECK_SIZES: Readonly<Record<number, number>> = { 0: 0, 1: 4, 4: 8, 10: 32 };

/** Unpacks all blocks. @param most bytes that it may come to. Throws XzError. */
export function unpackXz(packed: Uint8Array, most: number): Uint8Array {
  if (packed.length < STREAM_HEADER || MAGIC.some((byte, i) => packed[i] !== byte))
    throw new XzError("not in xz format");
  const check = packed[7] as number;
  const checkSize = CHECK_SIZES[check];
  if (packed[6] !== 0 || checkSize === undefined) throw new XzError("of a later version of the format");
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let at = STREAM_HEADER; packed[at] !== 0;) {
    const { bytes, end } = decodeLzma2(packed, dataOfBlock(packed, at), most - size);
    const checkAt = Math.ceil(end / 4) * 4;
    if (!isRight(check, bytes, packed.subarray(checkAt, checkAt + checkSize)))
      throw new XzError("damaged: a check fails");
    parts.push(bytes);
    size += bytes.length;
    at = checkAt + checkSize;
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

/** Where a block's data begins. Its sizes are not needed: LZMA2 knows its own end. */
function dataOfBlock(packed: Uint8Array, start: number): number {
  const end = start + ((packed[start] ?? 0) + 1) * 4;
  if (end > packed.length) throw new XzError("damaged: it ends early");
  const flags = packed[start + 1] as number;
  if ((flags & 3) !== 0) throw new XzError("packed with filters beside LZMA2");
  let at = start + 2;
  for (let sizes = ((flags >> 6) & 1) + (flags >> 7); sizes > 0; sizes--) at = afterNumber(packed, at);
  if (packed[at] !== LZMA2) throw new XzError("not packed by LZMA2");
  return end;
}

/** Seven bits in each byte; the last one has no highest bit. */
function afterNumber(packed: Uint8Array, start: number): number {
  let at = start;
  while (((packed[at] ?? 0) & 0x80) !== 0) at++;
  return at + 1;
}

function isRight(check: number, bytes: Uint8Array, stored: Uint8Array): boolean {
  const want = Buffer.from(stored);
  switch (check) {
    case 1:
      return want.length === 4 && want.readUInt32LE() === process.getBuiltinModule("node:zlib").crc32(bytes);
    case 4:
      return want.length === 8 && want.readBigUInt64LE() === crc64(bytes);
    case 10:
      return process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest().equals(want);
    default:
      return true;
  }
}

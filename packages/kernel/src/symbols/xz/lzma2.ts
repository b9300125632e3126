/**
 * LZMA2: chunks, each compressed by LZMA or stored as it is.
 *
 *     0                             the end
 *     1 size (u16)                  stored; the dictionary begins anew
 *     2 size (u16)                  stored
 *     1rr sssss size packed [p]     compressed: rr says what begins anew (1 the state, 2 with properties p,
 *                                   3 with the dictionary), sssss are the highest bits of the size
 *
 * Sizes are big-endian and one less than they mean.
 */
import { LzmaDecoder, type Window } from "./lzma.ts";
import { RangeDecoder, XzError } from "./range-decoder.ts";

/** Unpacks from `start` to the end marker. Throws XzError. */
export function decodeLzma2(packed: Uint8Array, start: number, most: number): { bytes: Uint8Array; end: number } {
  let window: Window = { bytes: new Uint8Array(1 << 16), length: 0, start: 0 };
  let lzma: LzmaDecoder | undefined;
  let isFirst = true;
  const word = (at: number): number => ((packed[at] ?? 0) << 8) + (packed[at + 1] ?? 0) + 1;
  for (let at = start; ;) {
    const control = packed[at];
    if (control === undefined) throw new XzError("damaged: it ends early");
    if (control === 0) return { bytes: window.bytes.subarray(0, window.length), end: at + 1 };
    const resets = control >= 0x80 ? (control >> 5) & 3 : control === 1 ? 3 : 0;
    if (isFirst && resets !== 3) throw new XzError("damaged: it begins without a dictionary");
    isFirst = false;
    if (resets === 3) window.start = window.length;
    const isStored = control < 0x80;
    if (isStored && control > 2) throw new XzError(`damaged: a chunk of kind ${control}`);
    const size = isStored ? word(at + 1) : ((control & 0x1f) << 16) + word(at + 1);
    window = withRoom(window, size, most);
    if (isStored) {
      const from = at + 3;
      if (from + size > packed.length) throw new XzError("damaged: it ends early");
      window.bytes.set(packed.subarray(from, from + size), window.length);
      window.length += size;
      at = from + size;
      continue;
    }
    const end = at + 5 + (resets >= 2 ? 1 : 0) + word(at + 3);
    if (end > packed.length) throw new XzError("damaged: it ends early");
    if (resets >= 2) lzma = new LzmaDecoder(packed[at + 5] as number);
    else if (lzma === undefined) throw new XzError("damaged: a chunk without properties");
    else if (resets === 1) lzma = new LzmaDecoder(lzma.properties);
    lzma.decode(new RangeDecoder(packed, end - word(at + 3), end), window, size);
    at = end;
  }
}

function withRoom(window: Window, size: number, most: number): Window {
  const needed = window.length + size;
  if (needed > most) throw new XzError(`it unpacks to more than ${most} bytes`);
  if (needed <= window.bytes.length) return window;
  const bytes = new Uint8Array(Math.min(Math.max(needed, 2 * window.bytes.length), most));
  bytes.set(window.bytes.subarray(0, window.length));
  return { ...window, bytes };
}

// Damage to bytes, by numbers that a seed repeats.

/** @typedef {import("../vm-agreement/random.js").Random} Random */

/**
 * @typedef {object} Region a part of a sample in which damage counts
 * @property {number} offset
 * @property {number} size
 */

/**
 * @typedef {object} Sample
 * @property {string} name
 * @property {Uint8Array} bytes
 * @property {readonly Region[]} regions not empty
 * @property {readonly Uint8Array[]} words what to put in besides numbers; may be empty
 * @property {boolean} resizable whether what stands behind a change may move
 */

/** Numbers at which arithmetic on sizes, offsets and counts goes wrong. */
const numbers = [
  0, 1, 2, 3, 4, 7, 8, 16, 24, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x00ff_ffff, 0x0100_0000,
  0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_fffc, 0xffff_ffff,
];

/** A damaged copy: one to eight changes, few more often than many. @param {Sample} sample @param {Random} random @returns {Uint8Array} */
export function mutate(sample, random) {
  let bytes = sample.bytes.slice();
  const changes = 1 + Math.min(random.below(8), random.below(8));
  for (let change = 0; change < changes; change++) {
    if (sample.resizable && random.oneIn(6)) bytes = resized(bytes, sample, random);
    else overwrite(bytes, sample, random);
  }
  return bytes;
}

/** @param {Uint8Array} bytes @param {Sample} sample @param {Random} random */
function overwrite(bytes, sample, random) {
  const { offset, size } = random.pick(sample.regions);
  if (size === 0 || offset >= bytes.length) return;
  const at = offset + random.below(Math.min(size, bytes.length - offset));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const aligned = at & ~3;
  switch (random.below(8)) {
    case 0:
      bytes[at] = random.below(256);
      break;
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      break;
    case 2:
    case 3:
      if (aligned + 4 <= bytes.length) view.setUint32(aligned, number(random), true);
      break;
    case 4:
      // Close to what it was: ends that are off by one, neighbours' ids.
      if (aligned + 4 <= bytes.length)
        view.setUint32(aligned, view.getUint32(aligned, true) + random.below(33) - 16, true);
      break;
    case 5:
      if (at + 2 <= bytes.length) view.setUint16(at & ~1, number(random), true);
      break;
    case 6:
      bytes.copyWithin(at, offset + random.below(size), offset + random.below(size));
      break;
    default:
      put(bytes, at, sample, random);
  }
}

/** @param {Random} random */
function number(random) {
  return random.oneIn(3) ? random.below(0x1_0000_0000) : random.oneIn(3) ? random.below(64) : random.pick(numbers);
}

/** @param {Uint8Array} bytes @param {number} at @param {Sample} sample @param {Random} random */
function put(bytes, at, sample, random) {
  const word =
    sample.words.length === 0
      ? new Uint8Array(1 + random.below(16)).fill(random.below(2) * 0xff)
      : random.pick(sample.words);
  bytes.set(word.subarray(0, bytes.length - at), at);
}

/** With a part cut off, left out, doubled, or put in. @param {Uint8Array} bytes @param {Sample} sample @param {Random} random */
function resized(bytes, sample, random) {
  const at = random.below(bytes.length + 1);
  const length = Math.min(bytes.length - at, random.below(random.oneIn(4) ? 4096 : 64));
  switch (random.below(4)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return join(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return join(bytes.subarray(0, at + length), bytes.subarray(at));
    default: {
      const word = sample.words.length === 0 ? new Uint8Array(random.below(64)) : random.pick(sample.words);
      return join(bytes.subarray(0, at), word, bytes.subarray(at));
    }
  }
}

/** @param {readonly Uint8Array[]} parts */
function join(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

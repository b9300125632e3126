/**
 * Columns of figures over time, each sample as its difference from the one before: a run of figures that
 * did not change takes two bytes, a counter that grew by less than 60 one.
 *
 *     varint 0, varint n       the next n figures are as before
 *     varint 1, f64            one figure, as it is
 *     varint d + 2             one figure; d is the difference, zigzag (0 is -0, 1 is -1, 2 is 1, ...)
 *
 * Before the first sample all figures are NaN, which stands for "no such series"; a difference from NaN
 * is one from 0.
 */

/** Differences beyond this are written as doubles: sums up to here are exact. */
const GREATEST_DELTA = 2 ** 50;

export class ColumnWriter {
  #bytes: Uint8Array = new Uint8Array(256);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length: number = 0;
  #before: Float64Array = new Float64Array(0);
  #run: number = 0;

  /** Bytes that it takes, state included. */
  get memory(): number {
    return this.#bytes.length + this.#before.byteLength;
  }

  /** A sample; there may be more figures than in the one before, never fewer. */
  add(figures: Float64Array): void {
    const before = this.#grown(figures.length);
    for (let i = 0; i < figures.length; i++) {
      const figure = figures[i]!;
      const last = before[i]!;
      if (figure === last || (figure !== figure && last !== last)) {
        this.#run++;
        continue;
      }
      this.#endRun();
      before[i] = figure;
      const delta = figure - (last !== last ? 0 : last);
      if (Number.isInteger(delta) && Number.isInteger(figure) && Math.abs(delta) < GREATEST_DELTA)
        this.#varint((delta < 0 ? -2 * delta - 1 : 2 * delta) + 2);
      else this.#double(figure);
    }
    this.#endRun();
  }

  /** What was written, in memory of its own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grown(length: number): Float64Array {
    if (length > this.#before.length) {
      const larger = new Float64Array(Math.ceil(length * 1.25)).fill(Number.NaN);
      larger.set(this.#before);
      this.#before = larger;
    }
    return this.#before;
  }

  #endRun(): void {
    if (this.#run === 0) return;
    this.#varint(0);
    this.#varint(this.#run);
    this.#run = 0;
  }

  #double(value: number): void {
    this.#varint(1);
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  #varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.ceil(this.#bytes.length * 1.5) + size);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Calls `visit` for each sample with its figures, which are valid until it returns. @param widths figures of each sample */
export function readColumns(
  bytes: Uint8Array,
  widths: readonly number[],
  visit: (figures: Float64Array) => void,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const figures = new Float64Array(Math.max(0, ...widths)).fill(Number.NaN);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  for (const width of widths) {
    for (let i = 0; i < width;) {
      const token = varint();
      if (token === 0) i += varint();
      else if (token === 1) {
        figures[i++] = view.getFloat64(at, true);
        at += 8;
      } else {
        const zigzag = token - 2;
        const last = figures[i]!;
        figures[i++] = (Number.isNaN(last) ? 0 : last) + (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);
      }
    }
    visit(figures.subarray(0, width));
  }
}

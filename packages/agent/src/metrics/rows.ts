/** The rows of one reading: one for each series, whichever of a map's keys add to it. */
import { enlarged } from "../exposition/byte-table.ts";

export class Rows {
  /** The labels of each row. */
  labels: Uint32Array;
  count: number = 0;
  /** Of each of the labels: its row + 1, if it has one yet. */
  #rowOf: Uint32Array;

  /** @param expected how many there were the last time */
  constructor(expected: number, labels: number) {
    this.labels = new Uint32Array(expected + 16);
    this.#rowOf = new Uint32Array(labels + 16);
  }

  /** The row of these labels; a new one if {@link count} has grown. */
  find(labels: number): number {
    if (labels >= this.#rowOf.length) this.#rowOf = enlarged(this.#rowOf, 2 * labels);
    const known = this.#rowOf[labels]!;
    if (known !== 0) return known - 1;
    const row = this.count++;
    if (row === this.labels.length) this.labels = enlarged(this.labels, 2 * row);
    this.labels[row] = labels;
    this.#rowOf[labels] = row + 1;
    return row;
  }
}

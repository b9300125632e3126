/**
 * What the unwinding of one stack keeps, in scratch memory: there the verifier takes every word for
 * any value, and so looks at a frame once, however many there are.
 */
import { pointerTo, type AccessSize, type Inst } from "../../../ir/index.ts";
import type { Handler, Spot } from "../handler.ts";

/** Words at their byte offsets. */
export const Word = {
  /** Of the frame that is to be left: the address in it, its stack pointer, its frame pointer. */
  ip: 0,
  sp: 8,
  bp: 16,
  /**
   * 1 if `ip` is a return address: the call lies before it, perhaps as the last thing of its function;
   * 0 where a frame was interrupted right at `ip`.
   */
  called: 24,
  /** The process's ranges: the first one's number, and how many. */
  first: 32,
  ranges: 40,
  /** The range that the last frame was in: callers are mostly in the same one. */
  start: 48,
  end: 56,
  origin: 64,
  chunk: 72,
  base: 80,
  /** Of all frames so far. */
  hash: 88,
  /** UnwindOutcome. */
  outcome: 96,
  /**
   * Thread and process whose stack it is. Programs of uprobes can be preempted, by another task that runs the
   * same program on the same CPU, and with the same memory: whoever finds this changed has lost it.
   */
  owner: 104,
  /** Two words read from the stack: where they lie, a saved frame pointer stands before its return address. */
  read: 112,
  /** The stack as it is kept, UnwoundStack: number of frames, then the frames. */
  count: 128,
  frames: 136,
} as const;

/** Frames have a power of two of places, so that a mask proves a place to be there. */
export const FRAME_PLACES = 128;
export const STATE_BYTES: number = Word.frames + FRAME_PLACES * 8;

export class State {
  readonly #h: Handler;
  readonly #spot: Spot;

  constructor(h: Handler, spot: Spot) {
    this.#h = h;
    this.#spot = spot;
  }

  get(word: number, size: AccessSize = 8): Inst {
    return this.#h.builder.load(this.#spot.base, this.#spot.offset + word, size);
  }

  set(word: number, value: Inst | number): void {
    const stored = typeof value === "number" ? this.#h.constant(value) : value;
    this.#h.builder.store(this.#spot.base, this.#spot.offset + word, 8, stored);
  }

  address(word: number): Inst {
    return this.#h.builder.binary("add", this.#spot.base, this.#h.constant(this.#spot.offset + word));
  }

  /** Frame `index`, which need not be proven to be less than {@link FRAME_PLACES}. */
  setFrame(index: Inst, value: Inst): void {
    const { builder } = this.#h;
    const place = builder.binary("and", index, this.#h.constant(FRAME_PLACES - 1));
    const at = builder.binary("add", this.#spot.base, builder.binary("shl", place, this.#h.constant(3)));
    builder.store(at, this.#spot.offset + Word.frames, 8, value);
  }
}

/** What a callback is handed, on its caller's stack: the address of the scratch memory, and the owner of the state. */
export const Record = { scratch: 0, owner: 8, size: 16 } as const;

/** Where a callback finds the state: at the scratch memory that its record leads to. */
export function stateOf(turn: Handler, record: Inst, offset: number): State {
  return new State(turn, {
    base: turn.builder.load(record, Record.scratch, 8, { type: pointerTo("mapValue") }),
    offset,
  });
}

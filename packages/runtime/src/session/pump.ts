/**
 * Moves records from the ring buffer to their handlers, by a timer: programs then need not wake us
 * up for each record. What a round of draining prints goes out in one write. When the reader of the
 * output falls behind, draining pauses, the ring fills, and the kernel's side counts what is lost:
 * memory here stays bounded.
 */
import type { Ring } from "@sonde/kernel/rings";
import { Bytes } from "../decode/bytes.ts";
import type { Output } from "../output/output.ts";
import type { EventHandler } from "./events.ts";

export interface PumpOptions {
  /** Absent: nothing emits events, only the rounds are wanted. */
  readonly ring: { readonly reader: Ring; readonly size: number } | undefined;
  readonly handlers: ReadonlyMap<number, EventHandler>;
  readonly output: Output | undefined;
  /** Milliseconds that a round may wait for at most while nothing comes: each empty round waits longer. {@link INTERVAL} if absent. */
  readonly slowest?: number;
  /** Called after every round. */
  readonly afterRound: () => void;
  /** A handler or `afterRound` threw. */
  readonly fail: (error: unknown) => void;
}

/** Milliseconds between rounds: with a ring, with one that fills quickly, and with nothing to drain. */
const INTERVAL = 10;
const BUSY_INTERVAL = 1;
const IDLE_INTERVAL = 100;
/** Records in one go, between which writes and signals get their turn. */
const CHUNK = 16384;
/** Backlog of the output, in characters, at which draining pauses. */
const CONGESTED = 4 << 20;

export class Pump {
  readonly #options: PumpOptions;
  #timer: NodeJS.Timeout | undefined;
  #bytes: Bytes | undefined;
  #running: boolean = false;
  /** What comes is thrown away. */
  #deaf: boolean = false;
  /** Milliseconds to the next round while nothing comes. */
  #patience: number = INTERVAL;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  /** The first round comes at once. */
  start(): void {
    this.#running = true;
    this.#round();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** From now on records are drained and thrown away, or handled again. */
  setDeaf(deaf: boolean): void {
    this.#deaf = deaf;
  }

  /** Drains until nothing is left, waiting for a slow reader. Only when nothing produces any more. */
  async drainRest(): Promise<void> {
    const { output } = this.#options;
    while (this.#drain() > 0) {
      if (output !== undefined && output.backlog > CONGESTED) await output.flush();
    }
  }

  #round(): void {
    if (!this.#running) return;
    const { ring, output, afterRound, fail } = this.#options;
    let drained = 0;
    let busy = false;
    try {
      if (ring !== undefined && !(output !== undefined && output.backlog > CONGESTED)) {
        busy = ring.reader.used > ring.size >> 2;
        drained = this.#drain();
      }
      afterRound();
    } catch (error) {
      this.stop();
      fail(error);
    }
    if (!this.#running) return;
    this.#timer = setTimeout(() => this.#round(), this.#rest(drained, busy));
  }

  #rest(drained: number, busy: boolean): number {
    const { ring, slowest = INTERVAL } = this.#options;
    if (ring === undefined) return IDLE_INTERVAL;
    this.#patience = drained > 0 ? INTERVAL : Math.min(this.#patience * 2, Math.max(slowest, INTERVAL));
    return drained >= CHUNK || busy ? BUSY_INTERVAL : this.#patience;
  }

  /** Records handled, at most {@link CHUNK}. */
  #drain(): number {
    const { ring, handlers, output } = this.#options;
    if (ring === undefined) return 0;
    const drained = ring.reader.drain((view, offset) => {
      if (this.#deaf) return;
      const bytes = (this.#bytes = this.#bytes?.view === view ? this.#bytes : new Bytes(view));
      const id = view.getUint32(offset, true);
      const handler = handlers.get(id);
      if (handler === undefined) throw new Error(`the ring holds an event ${id} that the manifest does not describe`);
      handler(bytes, offset);
    }, CHUNK);
    this.#bytes = undefined;
    output?.send();
    return drained;
  }
}

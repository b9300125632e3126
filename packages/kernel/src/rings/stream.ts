/** Records as an async iterable: drained when something waits in the buffer, or at intervals. */
import type { Kernel } from "../sys/kernel.ts";
import { Poller } from "../sys/poller.ts";
import type { RecordVisitor } from "./ring.ts";

/** A {@link Ring} or {@link PerfBuffer}. */
export interface RecordSource {
  /** Becomes readable when there are records that were submitted with a wake-up. */
  readonly descriptors: readonly number[];
  drain(visit: RecordVisitor, limit?: number): number;
}

export interface StreamOptions<T> {
  /** Makes a value of a record, which is gone when it returns; a copy of its bytes unless given. */
  readonly decode?: (view: DataView, offset: number, length: number) => T;
  /**
   * Milliseconds between two drainings. Without it, epoll waits on a thread of Node.js's pool: at once, but every
   * wake-up costs the producer several hundred nanoseconds, and records submitted without one are seen late.
   */
  readonly interval?: number;
  /** Ends the stream, after a last draining. */
  readonly signal?: AbortSignal;
}

/** Values held back at most; a consumer that is slower leaves records in the buffer, where they are lost and counted. */
const BATCH = 4096;

/**
 * All records, until `signal` is aborted or the consumer stops. The source is used, not taken over,
 * and must stay open; nobody else may drain it.
 */
export async function* stream<T = Uint8Array>(
  kernel: Kernel,
  source: RecordSource,
  options: StreamOptions<T> = {},
): AsyncGenerator<T, void> {
  const { decode = copied as (view: DataView, offset: number, length: number) => T, signal } = options;
  const wait = waiter(kernel, source, options);
  try {
    for (let last = false; ;) {
      const values: T[] = [];
      source.drain((view, offset, length) => values.push(decode(view, offset, length)), BATCH);
      yield* values;
      if (values.length === BATCH) continue;
      if (last) return;
      await wait.next();
      last = signal?.aborted === true;
    }
  } finally {
    wait.close();
  }
}

interface Waiter {
  next(): Promise<void>;
  close(): void;
}

function waiter(kernel: Kernel, source: RecordSource, { interval, signal }: StreamOptions<unknown>): Waiter {
  return interval === undefined ? epollWaiter(kernel, source, signal) : timer(interval, signal);
}

/** Looks at the signal between two short waits. */
function epollWaiter(kernel: Kernel, source: RecordSource, signal: AbortSignal | undefined): Waiter {
  const poller = new Poller(kernel);
  for (const fd of source.descriptors) poller.add(fd);
  return {
    next: async () => {
      while (signal?.aborted !== true && !(await poller.wait(signal === undefined ? Infinity : LOOK)));
    },
    close: () => poller.close(),
  };
}

/** Milliseconds after which an aborted signal is noticed. */
const LOOK = 100;

function timer(interval: number, signal: AbortSignal | undefined): Waiter {
  return {
    next: () =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const done = (): void => {
          clearTimeout(timeout);
          signal?.removeEventListener("abort", done);
          resolve();
        };
        const timeout = setTimeout(done, interval);
        signal?.addEventListener("abort", done);
      }),
    close: () => {},
  };
}

function copied(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
}

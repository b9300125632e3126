/**
 * Sends bodies to one receiver, one after the other, so that samples arrive in their order. What fails
 * for a reason that may pass is tried again with a growing pause; what waits meanwhile is bounded, and what
 * there is no room for is lost, the oldest first, and counted.
 */
import { setTimeout as sleep } from "node:timers/promises";

export interface Body {
  readonly bytes: Uint8Array;
  /** Samples or log records in it. */
  readonly items: number;
}

export interface SenderOptions {
  /** What it is called in metrics: "remote_write", "otlp_logs". */
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly report: (level: "warn" | "info", message: string) => void;
  /** Bytes that may wait. */
  readonly capacity?: number;
}

export interface SenderCounts {
  /** Samples and log records that the receiver took. */
  readonly sent: number;
  readonly requests: number;
  /** Of the requests: those that were tries again. */
  readonly retries: number;
  /** Samples and log records by the reason for which they did not get there. */
  readonly lost: { readonly full: number; readonly refused: number };
  /** Bytes. */
  readonly waiting: number;
}

const CAPACITY = 16 << 20;
const TIMEOUT = 30_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

export class Sender {
  readonly #options: SenderOptions;
  readonly #abort = new AbortController();
  #waiting: Body[] = [];
  #bytes: number = 0;
  #sent: number = 0;
  #requests: number = 0;
  #retries: number = 0;
  readonly #lost = { full: 0, refused: 0 };
  #failing: boolean = false;
  #running: Promise<void> | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Queues a body; returns at once. */
  add(body: Body): void {
    this.#waiting.push(body);
    this.#bytes += body.bytes.length;
    const { capacity = CAPACITY } = this.#options;
    while (this.#bytes > capacity && this.#waiting.length > 1) {
      const dropped = this.#waiting.shift()!;
      this.#bytes -= dropped.bytes.length;
      this.#lost.full += dropped.items;
    }
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Sends what waits, for at most so many milliseconds, then stops. */
  async stop(patience: number): Promise<void> {
    await Promise.race([this.#running, sleep(patience, undefined, { ref: false })]);
    this.#abort.abort();
    await this.#running;
  }

  get name(): string {
    return this.#options.name;
  }

  get counts(): SenderCounts {
    return {
      sent: this.#sent,
      requests: this.#requests,
      retries: this.#retries,
      lost: this.#lost,
      waiting: this.#bytes,
    };
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE;
    for (let next = this.#waiting[0]; next !== undefined && !this.#abort.signal.aborted; next = this.#waiting[0]) {
      const outcome = await this.#try(next);
      if (outcome.done) {
        pause = FIRST_PAUSE;
        // It may have been dropped while it was on its way.
        if (this.#waiting[0] === next) {
          this.#waiting.shift();
          this.#bytes -= next.bytes.length;
        }
        continue;
      }
      this.#retries++;
      await sleep(outcome.after ?? pause * (0.5 + Math.random() / 2), undefined, {
        signal: this.#abort.signal,
      }).catch(() => {});
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  /** Not done: to be tried again, after so many milliseconds if the receiver said so. */
  async #try({ bytes, items }: Body): Promise<{ readonly done: boolean; readonly after?: number | undefined }> {
    const { url, headers } = this.#options;
    this.#requests++;
    let status: number;
    let answer: string;
    let after: number | undefined;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers,
        body: bytes as Uint8Array<ArrayBuffer>,
        redirect: "error",
        signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(TIMEOUT)]),
      });
      status = response.status;
      after = retryAfter(response.headers.get("retry-after"));
      answer = (await response.text()).slice(0, 300);
    } catch (error) {
      this.#say(`is not reached: ${reason(error)}`);
      return { done: false };
    }
    if (status >= 200 && status < 300) {
      this.#sent += items;
      if (this.#failing) this.#options.report("info", `${this.#options.name}: ${url} takes what is sent again`);
      this.#failing = false;
      return { done: true };
    }
    this.#say(`answers ${status}: ${answer.trim()}`);
    // The request itself is at fault: it would be refused again.
    if (status < 500 && status !== 429 && status !== 408) {
      this.#lost.refused += items;
      return { done: true };
    }
    return { done: false, after };
  }

  #say(what: string): void {
    if (!this.#failing && !this.#abort.signal.aborted)
      this.#options.report(
        "warn",
        `${this.#options.name}: ${this.#options.url} ${what}; see sonde_push_lost_items_total`,
      );
    this.#failing = true;
  }
}

/** Seconds or a date; at most a minute, in milliseconds. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), 60_000);
}

function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

/**
 * Text to a file descriptor, in few large writes. What sinks write is gathered; {@link Output.send}
 * passes it on. One write is under way at a time, on another thread, so a reader that does not read
 * holds nothing up here: what waits shows in `backlog`, and whoever makes the text can stop making it.
 */
import { write } from "node:fs";

/** "line" and "none" pass on at every send; "full" gathers 64 KiB first. */
export type Buffering = "line" | "full" | "none";

export interface Output {
  write(text: string): void;
  /** Passes on what was written; called after each batch. */
  send(): void;
  /** Characters and bytes that the reader has not taken yet. */
  readonly backlog: number;
  /** The reader is gone (EPIPE): what is written now goes nowhere. */
  readonly closed: boolean;
  /** Resolves when everything written has been taken, or the reader is gone. Rejects on any other error of write(2). */
  flush(): Promise<void>;
}

const FULL = 65536;
/** Milliseconds before the next try when a non-blocking descriptor is full. */
const RETRY = 5;

export function descriptorOutput(fd: number, buffering: Buffering = "line"): Output {
  return new DescriptorOutput(fd, buffering);
}

class DescriptorOutput implements Output {
  readonly #fd: number;
  readonly #threshold: number;
  #gathered: string = "";
  #underWay: Promise<void> | undefined;
  #bytesUnderWay: number = 0;
  #closed: boolean = false;
  #failure: Error | undefined;

  constructor(fd: number, buffering: Buffering) {
    this.#fd = fd;
    this.#threshold = buffering === "full" ? FULL : 1;
  }

  get backlog(): number {
    return this.#gathered.length + this.#bytesUnderWay;
  }

  get closed(): boolean {
    return this.#closed || this.#failure !== undefined;
  }

  write(text: string): void {
    if (!this.closed) this.#gathered += text;
  }

  send(): void {
    if (this.#gathered.length >= this.#threshold) this.#begin();
  }

  async flush(): Promise<void> {
    while (!this.closed && this.backlog > 0) {
      this.#begin();
      await this.#underWay;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #begin(): void {
    if (this.#underWay !== undefined || this.#gathered === "") return;
    const bytes = Buffer.from(this.#gathered, "utf8");
    this.#gathered = "";
    this.#bytesUnderWay = bytes.length;
    this.#underWay = this.#writeAll(bytes).finally(() => {
      this.#underWay = undefined;
      this.#bytesUnderWay = 0;
      this.send();
    });
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      try {
        at += await writeSome(this.#fd, bytes, at);
        this.#bytesUnderWay = bytes.length - at;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EAGAIN") {
          await new Promise((resolve) => setTimeout(resolve, RETRY));
          continue;
        }
        this.#gathered = "";
        if (code === "EPIPE") this.#closed = true;
        else this.#failure = new Error(`cannot write the output: ${(error as Error).message}`, { cause: error });
        return;
      }
    }
  }
}

function writeSome(fd: number, bytes: Buffer, from: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, from, bytes.length - from, null, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}

/**
 * Text to a file descriptor, in few large writes. What sinks write is gathered; {@link Output.send}
 * passes it on. One write is under way at a time, on another thread, so a reader that does not read
 * holds nothing up here: what waits shows in `backlog`, and whoever makes the text can stop making it.
 */
import { write } from "node:fs";
import type { Bytes } from "../decode/bytes.ts";
import type { Line } from "../format/line.ts";

/** "line" and "none" pass on at every send; "full" gathers 64 KiB first. */
export type Buffering = "line" | "full" | "none";

export interface Output {
  write(text: string): void;
  /** The same from a record's bytes. Outputs without it get text. */
  line?(line: Line, source: Bytes, offset: number): void;
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
const CHUNK = 65536;
/** Milliseconds before the next try when a non-blocking descriptor is full. */
const RETRY = 5;

export function descriptorOutput(fd: number, buffering: Buffering = "line"): Output {
  return new DescriptorOutput(fd, buffering);
}

class DescriptorOutput implements Output {
  readonly #fd: number;
  readonly #threshold: number;
  /** Full chunks that wait, and the one that is being filled. */
  #waiting: Buffer[] = [];
  #waitingBytes: number = 0;
  #chunk: Buffer = Buffer.allocUnsafe(CHUNK);
  #used: number = 0;
  #underWay: Promise<void> | undefined;
  #bytesUnderWay: number = 0;
  #closed: boolean = false;
  #failure: Error | undefined;

  constructor(fd: number, buffering: Buffering) {
    this.#fd = fd;
    this.#threshold = buffering === "full" ? FULL : 1;
  }

  get backlog(): number {
    return this.#gathered + this.#bytesUnderWay;
  }

  get closed(): boolean {
    return this.#closed || this.#failure !== undefined;
  }

  get #gathered(): number {
    return this.#waitingBytes + this.#used;
  }

  write(text: string): void {
    // A UTF-16 unit becomes at most three bytes.
    if (this.closed) return;
    const chunk = this.#room(text.length * 3);
    // Only now, since making room begins a chunk anew.
    this.#used += chunk.write(text, this.#used, "utf8");
  }

  line(line: Line, source: Bytes, offset: number): void {
    if (this.closed) return;
    const chunk = this.#room(line.most);
    this.#used = line.write(chunk, this.#used, source, offset);
  }

  send(): void {
    if (this.#gathered >= this.#threshold) this.#begin();
  }

  async flush(): Promise<void> {
    while (!this.closed && this.backlog > 0) {
      this.#begin();
      await this.#underWay;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The chunk with room for so many bytes more from `#used` on. */
  #room(bytes: number): Buffer {
    if (this.#used + bytes > this.#chunk.length) {
      this.#setAside();
      this.#chunk = Buffer.allocUnsafe(Math.max(CHUNK, bytes));
    }
    return this.#chunk;
  }

  #setAside(): void {
    if (this.#used > 0) this.#waiting.push(this.#chunk.subarray(0, this.#used));
    this.#waitingBytes += this.#used;
    this.#used = 0;
  }

  #begin(): void {
    if (this.#underWay !== undefined || this.#gathered === 0) return;
    this.#setAside();
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#bytesUnderWay = this.#waitingBytes;
    this.#waitingBytes = 0;
    // The chunk belongs to the write until that is done.
    this.#chunk = Buffer.allocUnsafe(CHUNK);
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
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
        this.#waiting = [];
        this.#waitingBytes = 0;
        this.#used = 0;
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

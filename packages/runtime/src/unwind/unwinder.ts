/**
 * Feeds the programs that unwind users' stacks. A program that meets a process which it does not know
 * asks for it; what is found in /proc/PID/maps becomes ranges, the mapped files' `.eh_frame` tables. Once a
 * second those processes whose stacks were taken are looked at again, since they may have loaded or unloaded
 * libraries, and what has ended is forgotten.
 */
import { existsSync } from "node:fs";
import { UnwindProcess, type UnwindView } from "@sonde/bpf/spec";
import type { BpfMap } from "@sonde/kernel/maps";
import { type ProcessMapping, readMaps } from "@sonde/kernel/symbols";
import type { Kernel } from "@sonde/kernel/sys";
import { Chunks } from "./chunks.ts";
import { openImage } from "./images.ts";
import { rangesOf, searchable } from "./layout.ts";
import { type Block, type Range, Ranges } from "./ranges.ts";
import { type LoadedTable, type TableProblems, Tables } from "./tables.ts";

interface Known {
  readonly pid: number;
  readonly mm: bigint;
  readonly mappings: string;
  readonly block: Block;
  readonly tables: readonly LoadedTable[];
  /** The last time when a stack of it had been taken, in rounds. */
  round: number;
}

export interface UnwinderOptions {
  /** Milliseconds between looks at known processes. */
  readonly interval?: number;
  /** Chunks of memory for tables, at most. */
  readonly chunks?: number;
}

const INTERVAL = 1000;

export class Unwinder {
  readonly #processes: BpfMap;
  readonly #chunks: Chunks;
  readonly #tables: Tables;
  readonly #ranges: Ranges;
  readonly #known = new Map<number, Known>();
  /** Process ids with the address of their mm. */
  readonly #wanted = new Map<number, bigint>();
  /** Freed when no program can be in the middle of using them any more: a round later. */
  #leaving: Known[] = [];
  #round = 0;
  #working: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #failure: unknown;
  readonly #interval: number;

  /** Errors: KernelError for memory that cannot be mapped. */
  constructor(kernel: Kernel, view: UnwindView, map: (name: string) => BpfMap, options: UnwinderOptions = {}) {
    this.#processes = map(view.processes);
    this.#chunks = new Chunks(kernel, map(view.chunks), options.chunks);
    this.#tables = new Tables(this.#chunks, map(view.rules).memory());
    this.#ranges = new Ranges(map(view.ranges).memory());
    this.#interval = options.interval ?? INTERVAL;
    this.#rest();
  }

  /** Bytes of kernel memory that tables take. */
  get bytes(): number {
    return this.#chunks.bytes;
  }

  get problems(): TableProblems {
    return this.#tables;
  }

  /** Reads a process's code soon; `mm` is 0n if it is not known. */
  want(pid: number, mm: bigint): void {
    this.#wanted.set(pid, mm);
    this.#work();
  }

  /** Resolves when all processes that were wanted are known, rejects if memory for them could not be had. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#chunks.close();
  }

  /** Lets others have their turn; what was being made when this was closed is given up. */
  async #pause(): Promise<void> {
    await pause();
    if (this.#closed) throw new Error("closed");
  }

  #work(): void {
    this.#working ??= this.#serve().then(
      () => (this.#working = undefined),
      (error: unknown) => {
        this.#working = undefined;
        if (this.#closed) return;
        this.#failure ??= error;
        this.#tables.failure ??= error instanceof Error ? error.message : String(error);
      },
    );
  }

  async #serve(): Promise<void> {
    // Requests of the same moment come together.
    await pause();
    for (const [pid, mm] of this.#wanted) {
      if (this.#closed) return;
      this.#wanted.delete(pid);
      await this.#learn(pid, mm);
    }
  }

  async #learn(pid: number, mm: bigint): Promise<void> {
    const mappings = userMappings(pid);
    if (mappings.length === 0) return this.#forget(pid);
    const before = this.#known.get(pid);
    // Nothing new: what was asked for is not there. It stays asked for until the next look, or it would be again at once.
    if (before?.mm === mm && before.mappings === textOf(mappings)) return;
    const tables: LoadedTable[] = [];
    const ranges: Range[] = [];
    for (const mapping of mappings) {
      const table = await this.#tableOf(pid, mapping);
      if (this.#closed) return;
      tables.push(table);
      ranges.push(...rangesOf(mapping, table));
    }
    const block = this.#place(searchable(ranges), pid);
    if (before !== undefined) this.#leaving.push(before);
    // Without room it stays without tables, and is not asked for again.
    this.#known.set(pid, {
      pid,
      mm,
      mappings: textOf(mappings),
      block: block ?? { first: 0, count: 0 },
      tables,
      round: this.#round,
    });
    if (block !== undefined) this.#write(pid, { mm, block, used: 1 });
  }

  async #tableOf(pid: number, mapping: ProcessMapping): Promise<LoadedTable> {
    let image: ReturnType<typeof openImage>;
    let problem: Error | undefined;
    try {
      image = openImage(pid, mapping);
    } catch (error) {
      problem = error as Error;
    }
    const key = image?.key ?? mapping.path;
    try {
      return await this.#tables.take(
        key,
        mapping.path,
        () => {
          if (problem !== undefined) throw problem;
          return image?.read;
        },
        () => this.#pause(),
      );
    } finally {
      image?.close();
    }
  }

  /** Where there is no room, processes give way whose stacks have not been taken for longest. */
  #place(ranges: readonly Range[], pid: number): Block | undefined {
    for (;;) {
      const block = this.#ranges.write(ranges);
      if (block !== undefined) return block;
      const oldest = [...this.#known.values()]
        .filter((known) => known.pid !== pid && known.round < this.#round)
        .sort((a, b) => a.round - b.round)[0];
      if (oldest === undefined) return undefined;
      this.#forget(oldest.pid);
      this.#release();
    }
  }

  #write(
    pid: number,
    { mm, block, used }: { readonly mm: bigint; readonly block: Block; readonly used: number },
  ): void {
    const value = new DataView(new ArrayBuffer(UnwindProcess.size));
    value.setBigUint64(UnwindProcess.mm, mm, true);
    value.setUint32(UnwindProcess.first, block.first, true);
    value.setUint32(UnwindProcess.count, block.count, true);
    value.setUint32(UnwindProcess.used, used, true);
    this.#processes.update(keyOf(pid), new Uint8Array(value.buffer));
  }

  #forget(pid: number): void {
    this.#processes.delete(keyOf(pid));
    const known = this.#known.get(pid);
    if (known !== undefined) this.#leaving.push(known);
    this.#known.delete(pid);
  }

  #release(): void {
    for (const { block, tables } of this.#leaving) {
      this.#ranges.free(block);
      for (const table of tables) table.users--;
    }
    this.#leaving = [];
  }

  #rest(): void {
    this.#timer = setTimeout(() => {
      void this.idle().then(
        () => {
          if (this.#closed) return;
          this.#look();
          this.#rest();
        },
        () => {},
      );
    }, this.#interval);
    this.#timer.unref();
  }

  #look(): void {
    this.#release();
    this.#round++;
    for (const known of this.#known.values()) {
      const { pid, block } = known;
      if (!existsSync(`/proc/${pid}`)) {
        this.#forget(pid);
        continue;
      }
      const entry = this.#processes.lookup(keyOf(pid));
      if (entry === undefined) {
        this.#forget(pid);
        continue;
      }
      const value = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
      if (value.getUint32(UnwindProcess.used, true) === 0) continue;
      known.round = this.#round;
      const mm = value.getBigUint64(UnwindProcess.mm, true);
      const changed = textOf(userMappings(pid)) !== known.mappings;
      if (changed) this.want(pid, mm);
      else if (value.getUint32(UnwindProcess.count, true) > 0) this.#write(pid, { mm, block, used: 0 });
    }
  }
}

function keyOf(pid: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(pid).buffer);
}

/** Beyond half of all addresses is the kernel's, which shows one old page of its own to every process ([vsyscall]). */
const USER_END = 2 ** 63;

function userMappings(pid: number): ProcessMapping[] {
  return readMaps(pid).filter(({ start }) => start < USER_END);
}

function textOf(mappings: readonly ProcessMapping[]): string {
  return mappings.map(({ start, end, offset, file }) => `${start}-${end}@${offset}:${file}`).join(" ");
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Names for addresses in the code of processes. */
import { readdirSync, readlinkSync } from "node:fs";
import type { Kernel } from "../sys/kernel.ts";
import { MappedFiles } from "./mapped-files.ts";
import { type Mapping, readMaps } from "./maps.ts";
import { ProcessSymbols } from "./process-symbols.ts";
import { quietly } from "./quietly.ts";
import { Roots } from "./roots.ts";
import type { Symbol } from "./symbol.ts";
import { type TaskEvent, TaskEvents } from "./task-events.ts";

/** Processes that are remembered at most; the oldest are forgotten, and read again if they live. */
const MAX_PROCESSES = 8192;
/** Milliseconds between looks at what processes do, and what the first look at all of them may take of each. */
const INTERVAL = 50;
const SLICE = 5;

interface Known {
  readonly program?: string | undefined;
  readonly earlier?: ProcessSymbols | undefined;
  readonly root?: string | undefined;
}

/**
 * Symbols of user code. The tables of a file are read when its first address is asked for and kept
 * for every process that maps the same file; what a process had mapped is kept past its end, if it was
 * asked for while it lived, or if processes are followed.
 */
export class UserSymbols {
  readonly #files = new MappedFiles();
  readonly #roots = new Roots();
  readonly #processes = new Map<number, { program: string | undefined; readonly symbols: ProcessSymbols }>();
  #events: TaskEvents | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Processes that were there before us and have not been looked at. */
  #unseen: number[] = [];
  #lost = 0;

  /**
   * Follows all processes from now on, so that addresses can be named after their processes, and the
   * containers that those were in, are gone. Close it after use.
   *
   * Errors: KernelError of perf_event_open, which takes CAP_PERFMON.
   */
  follow(kernel: Kernel): void {
    this.#events ??= new TaskEvents(kernel);
    this.#roots.startHolding();
    this.#lookAround();
    this.#timer ??= setInterval(() => this.#update(), INTERVAL).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#events?.close();
    this.#events = undefined;
    this.#files.close();
    this.#roots.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What the process is now; what it was when last seen, if it has ended. Cheap to ask for again. */
  process(pid: number): ProcessSymbols {
    this.#update();
    const known = this.#processes.get(pid);
    if (known !== undefined && this.#events !== undefined) return known.symbols;
    const program = quietly(() => readlinkSync(`/proc/${pid}/exe`));
    if (known !== undefined && (program === undefined || program === known.program)) return known.symbols;
    return this.#add(pid, readMaps(pid), { program, earlier: known?.symbols });
  }

  /** One symbol for each address, in order. Addresses that belong to nothing known have no name. */
  symbolize(pid: number, addresses: Iterable<bigint>): Symbol[] {
    const process = this.process(pid);
    return Array.from(addresses, (address) => process.symbolize(address));
  }

  #add(pid: number, mappings: readonly Mapping[], { program, earlier, root }: Known): ProcessSymbols {
    const owner = { pid, root: root ?? this.#roots.of(pid) ?? earlier?.root ?? "", seen: Date.now() };
    const symbols = new ProcessSymbols(owner, this.#files, mappings, earlier);
    if (program === undefined && mappings.length === 0 && this.#events === undefined) return symbols;
    this.#processes.delete(pid);
    this.#processes.set(pid, { program, symbols });
    const [oldest] = this.#processes.keys();
    if (this.#processes.size > MAX_PROCESSES && oldest !== undefined) this.#processes.delete(oldest);
    return symbols;
  }

  // Following -------------------------------------------------------------------------------------

  #lookAround(): void {
    this.#unseen = (quietly(() => readdirSync("/proc")) ?? []).filter((name) => /^\d+$/.test(name)).map(Number);
  }

  #update(): void {
    if (this.#events === undefined) return;
    for (const event of this.#events.drain()) this.#handle(event);
    // After a loss nothing that is remembered of the living is sure.
    if (this.#events.lost !== this.#lost) {
      this.#lost = this.#events.lost;
      this.#lookAround();
    }
    const end = performance.now() + SLICE;
    while (this.#unseen.length > 0 && performance.now() < end) this.#look(this.#unseen.pop() as number);
  }

  /** Kernel threads map nothing. */
  #look(pid: number): ProcessSymbols | undefined {
    const mappings = readMaps(pid);
    if (mappings.length === 0) return undefined;
    const symbols = this.#add(pid, mappings, { earlier: this.#processes.get(pid)?.symbols });
    if (symbols.root !== "") for (const mapping of mappings) this.#hold(pid, symbols, mapping);
    return symbols;
  }

  #handle(event: TaskEvent): void {
    const { pid } = event;
    const earlier = this.#processes.get(pid)?.symbols;
    switch (event.kind) {
      case "exec":
        this.#add(pid, [], { earlier });
        return;
      case "fork": {
        const parent = this.#processes.get(event.parent)?.symbols ?? this.#look(event.parent);
        if (parent !== undefined) this.#add(pid, parent.mappings, { earlier, root: parent.root });
        return;
      }
      case "map": {
        const symbols = earlier ?? this.#add(pid, readMaps(pid), {});
        symbols.map(event.mapping);
        this.#hold(pid, symbols, event.mapping);
      }
    }
  }

  #hold(pid: number, { root }: ProcessSymbols, mapping: Mapping): void {
    this.#files.hold(mapping, { pid, root, seen: Date.now() });
  }
}

/** Reads what programs output to a perf event array (BPF_MAP_TYPE_PERF_EVENT_ARRAY): one ring for each CPU. */
import type { BpfMap } from "../maps/map.ts";
import type { Kernel } from "../sys/kernel.ts";
import { openOutputEvent } from "./perf-event.ts";
import type { OutputEvent } from "./perf-event.ts";
import { PerfPages, type PerfVisitor } from "./perf-pages.ts";
import type { RecordVisitor } from "./ring.ts";

const RECORD_SAMPLE = 9;

export interface PerfBufferOptions {
  /** Of each CPU's ring, a power of two; 8 unless given. */
  readonly pages?: number;
  /** How many samples make the buffer readable for epoll; 1 unless given. */
  readonly wakeupEvents?: number;
}

interface CpuBuffer {
  readonly cpu: number;
  readonly event: OutputEvent;
  readonly pages: PerfPages;
}

/**
 * Samples of one CPU come in order. They have a few bytes of padding at the end: programs should say
 * how long their records are.
 */
export class PerfBuffer {
  readonly #cpus: CpuBuffer[] = [];

  /**
   * Opens a ring for every CPU that is on and has a slot in `map`, and puts it there. The map is used, not taken over.
   * Errors: KernelError of perf_event_open and mmap (EPERM when the rings exceed
   * kernel.perf_event_mlock_kb); nothing is left open.
   */
  constructor(kernel: Kernel, map: BpfMap, options: PerfBufferOptions = {}) {
    if (map.type !== "perf_event_array") throw new TypeError(`${map.subject} is no perf event array`);
    try {
      for (const cpu of kernel.possibleCpus()) if (cpu < map.maxEntries) this.#open(kernel, map, cpu, options);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Readable while `wakeupEvents` samples wait; for epoll. */
  get descriptors(): readonly number[] {
    return this.#cpus.map(({ event }) => event.fd.fd);
  }

  /**
   * Hands out what is there, CPU by CPU, and returns how many samples that were. They are valid only
   * until `visit` returns: copy what must stay. If it throws, the sample it was given counts as read.
   */
  drain(visit: RecordVisitor, limit: number = Infinity): number {
    let samples = 0;
    // PERF_RECORD_SAMPLE: u32 length, then that many bytes, padding included.
    const each: PerfVisitor = (type, _, view, start) => {
      if (type !== RECORD_SAMPLE) return;
      samples++;
      visit(view, start + 4, view.getUint32(start, true));
    };
    for (const { pages } of this.#cpus) pages.drain(each, () => samples < limit);
    return samples;
  }

  /**
   * Samples that did not fit, of all CPUs. Before Linux 6.0 the last ones are not known until another sample fits.
   */
  get lost(): number {
    return this.#cpus.reduce((sum, { event, pages }) => sum + (event.lost() ?? pages.lost), 0);
  }

  close(): void {
    for (const { event, pages } of this.#cpus.splice(0)) {
      pages.close();
      event.fd.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(kernel: Kernel, map: BpfMap, cpu: number, { pages = 8, wakeupEvents = 1 }: PerfBufferOptions): void {
    const event = openOutputEvent(kernel, cpu, wakeupEvents);
    if (event === undefined) return;
    try {
      const shared = new PerfPages(kernel, event.fd, pages, `${map.subject} on CPU ${cpu}`);
      this.#cpus.push({ cpu, event, pages: shared });
    } catch (error) {
      event.fd.close();
      throw error;
    }
    map.update(word(cpu), word(event.fd.fd));
  }
}

function word(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

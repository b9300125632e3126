/**
 * What becomes of processes, as the kernel tells any profiler: forks, programs executed, and code
 * mapped. By these, addresses can be named after the process that they were in has ended.
 *
 * A perf event without a meaning of its own (the dummy) carries such records, one ring for each CPU.
 * Each record ends with the time, since the rings are read one after the other. Bodies:
 *
 *     MMAP2 (10)   0 pid  4 tid  8 address (u64)  16 length (u64)  24 offset in the file (u64)
 *                  32 device major  36 minor  40 inode (u64)  48 its generation (u64)
 *                  56 protection  60 flags  64 path, closed by a zero
 *     COMM (3)     0 pid  4 tid  8 name; bit 13 of misc says that a program was executed
 *     FORK (7)     0 pid  4 parent's pid  8 tid  12 parent's tid  16 time (u64)
 *
 * Source: include/uapi/linux/perf_event.h, enum perf_event_type.
 */
import { PerfPages } from "../rings/perf-pages.ts";
import { PERF_FLAG_FD_CLOEXEC, PerfSoftware, PerfType } from "../sys/constants.ts";
import { onlineCpus } from "../sys/cpus.ts";
import { Errno } from "../sys/errno.ts";
import { checked } from "../sys/errors.ts";
import { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import type { Mapping } from "./maps.ts";

export type TaskEvent =
  | { readonly kind: "map"; readonly pid: number; readonly mapping: Mapping }
  /** Everything that was mapped is gone. */
  | { readonly kind: "exec"; readonly pid: number }
  /** A new process, with all that its parent has mapped. */
  | { readonly kind: "fork"; readonly pid: number; readonly parent: number };

const ATTR_SIZE = 112;
const SAMPLE_TIME = 1 << 2;
/** Bits of perf_event_attr: mmap (code only), comm, task, sample_id_all, mmap2, comm_exec. */
const FLAGS = (1 << 8) | (1 << 9) | (1 << 13) | (1 << 18) | (1 << 23) | (1 << 24);
const RECORD_COMM = 3;
const RECORD_FORK = 7;
const RECORD_MMAP2 = 10;
const MISC_COMM_EXEC = 1 << 13;
const SLASH = 0x2f;
const TIME_SIZE = 8;
/** Of each ring: room for several hundred records between two looks. */
const PAGES = 16;

export class TaskEvents {
  readonly #rings: { readonly fd: FileDescriptor; readonly pages: PerfPages }[] = [];

  /** Errors: KernelError of perf_event_open and mmap; nothing is left open. */
  constructor(kernel: Kernel) {
    try {
      for (const cpu of onlineCpus()) this.#open(kernel, cpu);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Events that did not fit into the rings, as far as it is known. */
  get lost(): number {
    return this.#rings.reduce((sum, { pages }) => sum + pages.lost, 0);
  }

  /** What happened since the last call, in the order in which it did. */
  drain(): TaskEvent[] {
    const seen: { readonly time: number; readonly event: TaskEvent }[] = [];
    for (const { pages } of this.#rings) {
      pages.drain((type, misc, view, start, end) => {
        const event = parse(type, misc, view, start, end - TIME_SIZE);
        // Nanoseconds of uptime fit a double to within a microsecond for a century.
        if (event !== undefined) seen.push({ time: Number(view.getBigUint64(end - TIME_SIZE, true)), event });
      });
    }
    return seen.sort((a, b) => a.time - b.time).map(({ event }) => event);
  }

  close(): void {
    for (const { fd, pages } of this.#rings.splice(0)) {
      pages.close();
      fd.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   *      0 type           4 size          8 config (u64)
   *     24 sample_type (u64)             40 flags (u64)
   */
  #open(kernel: Kernel, cpu: number): void {
    const attr = kernel.attr(ATTR_SIZE);
    attr.u32(0, PerfType.SOFTWARE);
    attr.u32(4, ATTR_SIZE);
    attr.u64(8, PerfSoftware.DUMMY);
    attr.u64(24, SAMPLE_TIME);
    attr.u64(40, FLAGS);
    const subject = `events of processes on CPU ${cpu}`;
    const result = kernel.perfEventOpen(attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    if (result === -Errno.ENODEV) return; // it has been switched off meanwhile
    const fd = new FileDescriptor(checked(result, "perf_event_open", subject));
    try {
      this.#rings.push({ fd, pages: new PerfPages(kernel, fd, PAGES, subject) });
    } catch (error) {
      fd.close();
      throw error;
    }
  }
}

function parse(type: number, misc: number, view: DataView, start: number, end: number): TaskEvent | undefined {
  const pid = view.getUint32(start, true);
  switch (type) {
    case RECORD_MMAP2:
      // Just-in-time compilers map and protect anonymous memory all the time; it has no file to name it by.
      if (view.getUint8(start + 64) === SLASH && view.getUint8(start + 65) === SLASH) return undefined;
      return { kind: "map", pid, mapping: mappingOf(view, start, end) };
    case RECORD_COMM:
      return (misc & MISC_COMM_EXEC) === 0 ? undefined : { kind: "exec", pid };
    case RECORD_FORK: {
      const parent = view.getUint32(start + 4, true);
      return parent === pid ? undefined : { kind: "fork", pid, parent }; // else a thread
    }
    default:
      return undefined;
  }
}

function mappingOf(view: DataView, start: number, end: number): Mapping {
  const begin = Number(view.getBigUint64(start + 8, true));
  const device = [32, 36].map((at) =>
    view
      .getUint32(start + at, true)
      .toString(16)
      .padStart(2, "0"),
  );
  const path = Buffer.from(view.buffer, view.byteOffset + start + 64, end - start - 64);
  const zero = path.indexOf(0);
  const name = path.toString("latin1", 0, zero < 0 ? path.length : zero);
  return {
    start: begin,
    end: begin + Number(view.getBigUint64(start + 16, true)),
    offset: Number(view.getBigUint64(start + 24, true)),
    file: `${device.join(":")}:${view.getBigUint64(start + 40, true)}`,
    path: name,
  };
}

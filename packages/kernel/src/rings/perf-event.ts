/** The perf event that receives what programs on one CPU output. */
import { readSync } from "node:fs";
import { PERF_FLAG_FD_CLOEXEC, PerfIoctl, PerfSoftware, PerfType } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { checked } from "../sys/errors.ts";
import { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";

const ATTR_SIZE = 112;
const SAMPLE_RAW = 1 << 10;
/** Reading the event tells how many samples did not fit; Linux 6.0. */
const FORMAT_LOST = 1 << 4;

export interface OutputEvent {
  readonly fd: FileDescriptor;
  /** How many samples did not fit, by the event itself; undefined where the kernel cannot tell (before 6.0). */
  lost(): number | undefined;
}

/**
 * Opens and enables the event. Undefined when the CPU is not on.
 *
 *      0 type           4 size           8 config (u64)   16 sample_period (u64)
 *     24 sample_type (u64)              32 read_format (u64)
 *     40 flags (u64)   48 wakeup_events
 */
export function openOutputEvent(kernel: Kernel, cpu: number, wakeupEvents: number): OutputEvent | undefined {
  const open = (readFormat: number): number => {
    const attr = kernel.attr(ATTR_SIZE);
    attr.u32(0, PerfType.SOFTWARE);
    attr.u32(4, ATTR_SIZE);
    attr.u64(8, PerfSoftware.BPF_OUTPUT);
    attr.u64(16, 1);
    attr.u64(24, SAMPLE_RAW);
    attr.u64(32, readFormat);
    attr.u32(48, wakeupEvents);
    return kernel.perfEventOpen(attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  };
  const first = open(FORMAT_LOST);
  const counts = first !== -Errno.EINVAL;
  const result = counts ? first : open(0);
  if (result === -Errno.ENODEV) return undefined;
  const subject = `the output of programs on CPU ${cpu}`;
  const fd = new FileDescriptor(checked(result, "perf_event_open", subject));
  try {
    checked(kernel.ioctl(fd.fd, PerfIoctl.ENABLE, 0), "PERF_EVENT_IOC_ENABLE", subject);
  } catch (error) {
    fd.close();
    throw error;
  }
  return { fd, lost: () => (counts ? readLost(fd.fd) : undefined) };
}

/** With this format read(2) gives two u64: the event's count, and the lost samples. */
function readLost(fd: number): number {
  const words = new BigUint64Array(2);
  readSync(fd, words);
  return Number(words[1]);
}

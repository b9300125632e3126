/** Perf events as places to run programs: opening them, and binding a program to one. */
import {
  AttachType,
  type Attr,
  Errno,
  type FileDescriptor,
  type Kernel,
  KernelError,
  PERF_FLAG_FD_CLOEXEC,
  PerfIoctl,
  UnsupportedFeatureError,
  linkCreate,
  kernelError,
} from "../sys/index.ts";
import type { Bond } from "./link.ts";

export interface PerfEventRequest {
  /** A number of PerfType, or that of a dynamic event source. */
  readonly type: number;
  /** Which of the type's events. */
  readonly config: number | bigint;
  /** Events (or nanoseconds) between two samples, or samples a second; absent for probes, which fire always. */
  readonly sample?: { readonly period: number } | { readonly frequency: number };
  /** A text that config1 points to: the probed function or file. */
  readonly text?: string;
  /** Bits 32 to 63 of config: of a uprobe the offset of its reference counter in the file. */
  readonly refCounterOffset?: number;
  /** config2: the offset in that function or file. */
  readonly offset?: number | bigint;
  /** Of a watchpoint: bits of HW_BREAKPOINT_*, and the bytes that are watched. */
  readonly breakpoint?: { readonly access: number; readonly address: bigint; readonly length: number };
  /** -1 for every process. */
  readonly pid: number;
  /** -1 for every CPU, which only goes with one process. */
  readonly cpu: number;
}

const ATTR_SIZE = 112;
const FREQUENCY = 1 << 10;

/**
 * perf_event_open(2): the event's descriptor, or a negative errno. It starts enabled.
 *
 *      0 type            4 size             8 config (u64)
 *     16 sample_period or sample_freq (u64)
 *     40 flags (u64): bit 10 says that it is a frequency
 *     52 bp_type (u32): of a watchpoint
 *     56 config1 (u64): address of the text; bp_addr
 *     64 config2 (u64): the offset; bp_len
 */
export function perfEventOpen(kernel: Kernel, request: PerfEventRequest): number {
  const attr = kernel.attr(ATTR_SIZE);
  attr.u32(0, request.type);
  attr.u32(4, ATTR_SIZE);
  attr.u64(8, BigInt(request.config) | (BigInt(request.refCounterOffset ?? 0) << 32n));
  if (request.sample !== undefined) {
    const byFrequency = "frequency" in request.sample;
    attr.u64(16, byFrequency ? request.sample.frequency : request.sample.period);
    attr.u64(40, byFrequency ? FREQUENCY : 0);
  }
  if (request.text !== undefined) attr.path(56, request.text);
  attr.u64(64, request.offset ?? 0);
  if (request.breakpoint !== undefined) {
    const { access, address, length } = request.breakpoint;
    attr.u32(52, access);
    attr.u64(56, address);
    attr.u64(64, length);
  }
  return kernel.perfEventOpen(attr, request.pid, request.cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/** How programs are bound to perf events; found out with the first one. */
export type Binding = "link" | "ioctl";

/**
 * Runs a program whenever the event happens, and takes the event over: by a BPF link from Linux
 * 5.15, before that by the event itself.
 */
export function bindProgram(
  kernel: Kernel,
  programFd: number,
  event: FileDescriptor,
  binding: Binding | undefined,
  subject: string,
  cookie: bigint = 0n,
): { bond: Bond; binding: Binding } {
  try {
    if (binding !== "ioctl") {
      const link = tryLink(kernel, programFd, event, binding, subject, cookie);
      if (link !== undefined) return { bond: { program: link, event }, binding: "link" };
    }
    if (cookie !== 0n) {
      throw new UnsupportedFeatureError("attach cookies", "5.15", `${subject} is attached by ioctl, which takes none`);
    }
    const result = kernel.ioctl(event.fd, PerfIoctl.SET_BPF, programFd);
    if (result < 0) throw kernelError("PERF_EVENT_IOC_SET_BPF", subject, -result);
    return { bond: { program: event }, binding: "ioctl" };
  } catch (error) {
    event.close();
    throw error;
  }
}

/** Undefined where the kernel may only lack this kind of link: EINVAL, and no such link has been made yet. */
function tryLink(
  kernel: Kernel,
  programFd: number,
  event: FileDescriptor,
  binding: Binding | undefined,
  subject: string,
  cookie: bigint,
): FileDescriptor | undefined {
  // 16 bpf_cookie (u64)
  const extra = (attr: Attr): void => attr.u64(16, cookie);
  try {
    return linkCreate(kernel, { programFd, target: event.fd, attachType: AttachType.PERF_EVENT, extra }, subject);
  } catch (error) {
    if (binding === undefined && error instanceof KernelError && error.errno === Errno.EINVAL) return undefined;
    throw error;
  }
}

/** What a refused perf event means for the probe that asked for it. */
import type { AttachTarget } from "@sonde/bpf/spec";
import { existsSync } from "node:fs";
import { Errno, KernelError, PerfType, UnsupportedFeatureError, errnoName, kernelError } from "../sys/index.ts";

export function openError(target: AttachTarget, subject: string, errno: number): KernelError | UnsupportedFeatureError {
  if (target.kind === "perfEvent" && typeof target.event === "object" && isOfHardware(target.event.type, errno)) {
    return new UnsupportedFeatureError(
      "hardware counters",
      undefined,
      `${subject}: ${hasCounters() ? "this machine does not count that" : "this machine shows no counters of its CPUs (virtual machines often have none)"}: perf_event_open answers ${errnoName(errno)}`,
      { cause: kernelError("perf_event_open", subject, errno) },
    );
  }
  const advice = adviceFor(target, errnoName(errno));
  return new KernelError({ call: "perf_event_open", subject, errno, ...(advice !== undefined && { advice }) });
}

/** How the kernel answers for events that no source of the machine's offers. */
function isOfHardware(type: number, errno: number): boolean {
  const hardware: readonly number[] = [PerfType.HARDWARE, PerfType.HW_CACHE, PerfType.RAW];
  const unknown: readonly number[] = [Errno.ENOENT, Errno.EOPNOTSUPP, Errno.ENODEV, Errno.EINVAL];
  return hardware.includes(type) && unknown.includes(errno);
}

function hasCounters(): boolean {
  return ["cpu", "cpu_core", "armv8_pmuv3_0"].some((name) => existsSync(`/sys/bus/event_source/devices/${name}`));
}

function adviceFor(target: AttachTarget, code: string): string | undefined {
  switch (target.kind) {
    case "kprobe":
      return kprobeAdvice(target.symbol || `at 0x${(target.address ?? 0n).toString(16)}`, code);
    case "uprobe":
      if (code === "EINVAL")
        return `No instruction that can be probed is at this place of ${target.path}, or its file system can't hold probes.`;
      if (code === "ESRCH") return `There is no process ${target.pid}.`;
      return undefined;
    case "perfEvent":
      return typeof target.event === "string" ? undefined : hardwareAdvice(code);
    case "watchpoint":
      return watchpointAdvice(target, code);
    default:
      return undefined;
  }
}

function hardwareAdvice(code: string): string | undefined {
  return code === "ENOENT" || code === "EOPNOTSUPP" || code === "ENODEV"
    ? "This machine offers no such counter: virtual machines seldom do. software:cpu-clock, or profile:hz:99, samples by a timer."
    : undefined;
}

function watchpointAdvice(
  { pid, mode }: Extract<AttachTarget, { kind: "watchpoint" }>,
  code: string,
): string | undefined {
  switch (code) {
    case "ENOENT":
    case "EOPNOTSUPP":
    case "ENODEV":
      return "This machine or kernel has no debug registers to watch memory with, and nothing else can.";
    case "ENOSPC":
      return "All of the processor's debug registers are in use: there are four on x86-64.";
    case "EINVAL":
      return `The processor can't watch this: the address must be a multiple of the length, and x86-64 knows the modes w, rw and x (not ${mode}); x only with the length 8.`;
    case "ESRCH":
      return `There is no process ${pid}.`;
    default:
      return undefined;
  }
}

function kprobeAdvice(symbol: string, code: string): string | undefined {
  switch (code) {
    case "ENOENT":
      return `The kernel has no function ${symbol} (it may be inlined, or belong to a module that is not loaded): list those it has with \`sonde list 'kprobe:*'\`.`;
    case "EINVAL":
      return `The kernel does not let ${symbol} be probed here: see /sys/kernel/debug/kprobes/blacklist, and check that the offset is the start of an instruction.`;
    case "EADDRNOTAVAIL":
      return `The kernel has several functions called ${symbol}, and can't tell which is meant.`;
    case "EILSEQ":
      return `The offset is not the start of an instruction of ${symbol}.`;
    default:
      return undefined;
  }
}

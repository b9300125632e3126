/** Which perf event stands for an attach target. */
import type { AttachTarget, PerfEventName } from "@sonde/bpf/spec";
import { Errno, KernelError, PerfSoftware, PerfType } from "../sys/index.ts";
import { symbolOffset } from "../symbols/functions.ts";
import { resolveBinary } from "../symbols/library.ts";
import { tracepointId } from "../tracefs/events.ts";
import { describeTarget } from "./describe.ts";
import type { EventSource } from "./event-source.ts";
import type { AttachOptions } from "./options.ts";
import type { PerfEventRequest } from "./perf-event.ts";

type Of<Kind extends AttachTarget["kind"]> = Extract<AttachTarget, { kind: Kind }>;

const EVERY_PROCESS = -1;
const EVERY_CPU = -1;

/** Probes without a process fire on every CPU, whichever one they are opened on. */
export function tracepointEvent(tracefs: string, target: Of<"tracepoint">, cpu: number): PerfEventRequest {
  const id = tracepointId(tracefs, target.category, target.name);
  if (id === undefined)
    throw absent(target, "perf_event_open", "There is no such tracepoint: list them with `sonde list 'tracepoint:*'`.");
  return { type: PerfType.TRACEPOINT, config: id, pid: EVERY_PROCESS, cpu };
}

export function kprobeEvent(source: EventSource, target: Of<"kprobe">, cpu: number): PerfEventRequest {
  const inModule = target.module !== undefined && target.module !== "vmlinux";
  return {
    type: source.type,
    config: target.onReturn ? source.returnBit : 0n,
    ...(target.address === undefined
      ? { text: inModule ? `${target.module}:${target.symbol}` : target.symbol, offset: target.offset ?? 0 }
      : { offset: target.address }),
    pid: EVERY_PROCESS,
    cpu,
  };
}

/** The file is found as a shell and the loader would; the symbol in its tables. */
export function uprobeEvent(
  source: EventSource,
  target: Of<"uprobe">,
  cpu: number,
  options: AttachOptions = {},
): PerfEventRequest {
  const path = resolveBinary(target.path);
  if (path === undefined) throw absent(target, "open", `There is no program or library ${target.path}.`);
  const start = target.symbol === undefined ? 0 : symbolOffset(path, target.symbol);
  if (start === undefined) {
    throw absent(
      target,
      "perf_event_open",
      `${path} defines no function ${target.symbol}: list what it has with \`sonde list 'uprobe:${path}:*'\`.`,
    );
  }
  const pid = options.pid ?? target.pid ?? EVERY_PROCESS;
  return {
    type: source.type,
    config: target.onReturn ? source.returnBit : 0n,
    text: path,
    offset: start + (target.offset ?? 0),
    ...(options.refCounterOffset !== undefined && { refCounterOffset: options.refCounterOffset }),
    pid,
    cpu: pid === EVERY_PROCESS ? cpu : EVERY_CPU,
  };
}

export function samplingEvent(target: Of<"perfEvent">, cpu: number): PerfEventRequest {
  const { event } = target;
  return {
    ...(typeof event === "string" ? { type: PerfType.SOFTWARE, config: softwareConfig(event) } : event),
    sample: target.frequency === undefined ? { period: target.period ?? 1 } : { frequency: target.frequency },
    pid: EVERY_PROCESS,
    cpu,
  };
}

/** PERF_TYPE_BREAKPOINT, whose attributes say what is watched. */
export function watchpointEvent(target: Of<"watchpoint">, cpu: number): PerfEventRequest {
  return {
    type: PerfType.BREAKPOINT,
    config: 0,
    sample: { period: 1 },
    breakpoint: {
      access: [...target.mode].reduce((bits, letter) => bits | (ACCESS[letter] ?? 0), 0),
      address: target.address,
      length: target.length,
    },
    pid: target.pid ?? EVERY_PROCESS,
    cpu: target.pid === undefined ? cpu : EVERY_CPU,
  };
}

/** HW_BREAKPOINT_R, _W, _X. */
const ACCESS: Readonly<Record<string, number>> = { r: 1, w: 2, x: 4 };

function softwareConfig(event: PerfEventName): number {
  switch (event) {
    case "cpu-clock":
      return PerfSoftware.CPU_CLOCK;
    case "task-clock":
      return PerfSoftware.TASK_CLOCK;
    case "page-faults":
      return PerfSoftware.PAGE_FAULTS;
    case "context-switches":
      return PerfSoftware.CONTEXT_SWITCHES;
    case "cpu-migrations":
      return PerfSoftware.CPU_MIGRATIONS;
    case "minor-faults":
      return PerfSoftware.PAGE_FAULTS_MIN;
    case "major-faults":
      return PerfSoftware.PAGE_FAULTS_MAJ;
    case "alignment-faults":
      return PerfSoftware.ALIGNMENT_FAULTS;
    case "emulation-faults":
      return PerfSoftware.EMULATION_FAULTS;
    case "dummy":
      return PerfSoftware.DUMMY;
    case "bpf-output":
      return PerfSoftware.BPF_OUTPUT;
  }
}

function absent(target: AttachTarget, call: string, advice: string): KernelError {
  return new KernelError({ call, subject: describeTarget(target), errno: Errno.ENOENT, advice });
}

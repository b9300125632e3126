/** An attach target as a person writes it in a script: "kprobe:vfs_read+4". */
import type { AttachTarget, ProbeMoment } from "@sonde/bpf/spec";

export function describeTarget(target: AttachTarget): string {
  switch (target.kind) {
    case "run":
      return target.name === undefined ? target.when : `${target.when}:${target.name}`;
    case "tracepoint":
      return `tracepoint:${target.category}:${target.name}`;
    case "rawTracepoint":
      return `rawtracepoint:${target.name}`;
    case "btfTracepoint":
      return `rawtracepoint:${target.name} (by BTF)`;
    case "kprobe":
      return `${target.onReturn ? "kretprobe" : "kprobe"}:${inModule(target.module)}${target.address === undefined ? target.symbol : `0x${target.address.toString(16)}`}${plus(target.offset)}`;
    case "fentry":
      return `${target.onReturn ? "fexit" : "fentry"}:${target.program === undefined ? inModule(target.module) : `bpf:${target.program}:`}${target.function}`;
    case "uprobe":
      return `${target.onReturn ? "uretprobe" : "uprobe"}:${target.path}:${uprobePlace(target.symbol, target.offset)}`;
    case "perfEvent":
      return `perf event ${typeof target.event === "string" ? target.event : `of type ${target.event.type}, config ${target.event.config}`}${rate(target)} on ${target.cpus === "all" ? "every CPU" : "one CPU"}`;
    case "kprobeMulti":
      return `${target.on === "return" ? "kretprobe" : "kprobe"}:${target.pattern} (multi${session(target.on)})`;
    case "uprobeMulti":
      return `${target.on === "return" ? "uretprobe" : "uprobe"}:${target.path}:${target.pattern} (multi${session(target.on)})`;
    case "ksyscall":
      return `${target.onReturn ? "kretsyscall" : "ksyscall"}:${target.name}`;
    case "usdt":
      return `usdt:${target.path}:${target.provider}:${target.name}`;
    case "watchpoint":
      return `watchpoint:0x${target.address.toString(16)}:${target.length}:${target.mode}`;
    case "fmodRet":
      return `fmod_ret:${inModule(target.module)}${target.function}`;
    case "lsm":
      return `${target.cgroup ? "lsm_cgroup" : "lsm"}:${target.hook}${target.path === undefined ? "" : `:${target.path}`}`;
    case "iter":
      return `iter:${target.name}`;
    case "freplace":
      return `freplace:${target.function}`;
    case "xdp":
      return `xdp:${target.device}`;
    case "tc":
      return `tc ${target.direction}:${target.device}`;
    case "cgroup":
      return `${target.attachType}:${target.path}`;
    case "netfilter":
      return `netfilter ${target.family} ${target.hook} ${target.priority}`;
    case "netns":
      return target.attachType;
  }
}

function session(on: ProbeMoment): string {
  return on === "session" ? " session" : "";
}

function inModule(module: string | undefined): string {
  return module === undefined ? "" : `${module}:`;
}

function plus(offset: number | undefined): string {
  return offset === undefined || offset === 0 ? "" : `+${offset}`;
}

function uprobePlace(symbol: string | undefined, offset: number | undefined): string {
  return symbol === undefined ? `0x${(offset ?? 0).toString(16)}` : symbol + plus(offset);
}

function rate(target: { readonly period?: number; readonly frequency?: number }): string {
  if (target.frequency !== undefined) return ` ${target.frequency} times a second`;
  return target.period === undefined ? "" : ` every ${target.period}`;
}

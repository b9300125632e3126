/** What follows the slash in a section's name, as an attach target and back. */
import type { AttachTarget, ProbeMoment } from "../spec/spec.ts";

/** "vfs_read", "vfs_read+0x10". */
export function kprobe(text: string, onReturn: boolean): AttachTarget | undefined {
  const place = symbolAndOffset(text);
  return place && { kind: "kprobe", ...place, onReturn };
}

/** "vfs_*". */
export function kprobeMulti(pattern: string, on: ProbeMoment): AttachTarget {
  return { kind: "kprobeMulti", pattern, on };
}

export function ksyscall(name: string, onReturn: boolean): AttachTarget {
  return { kind: "ksyscall", name, onReturn };
}

/** "/usr/lib/libc.so.6:malloc+4", "/bin/sh:0x1234", "libc:malloc". */
export function uprobe(text: string, onReturn: boolean): AttachTarget | undefined {
  const [path, place] = cut(text);
  if (path === "" || place === "") return undefined;
  if (/^(0x[0-9a-f]+|\d+)$/i.test(place)) return { kind: "uprobe", path, offset: Number(place), onReturn };
  const symbol = symbolAndOffset(place);
  return symbol && { kind: "uprobe", path, ...symbol, onReturn };
}

/** "/usr/lib/libc.so.6:malloc*". */
export function uprobeMulti(text: string, on: ProbeMoment): AttachTarget | undefined {
  const [path, pattern] = cut(text);
  return path === "" || pattern === "" ? undefined : { kind: "uprobeMulti", path, pattern, on };
}

/** "/usr/lib/libc.so.6:libc:setjmp". */
export function usdt(text: string): AttachTarget | undefined {
  const [start, name] = cut(text);
  const [path, provider] = cut(start);
  return path === "" || provider === "" || name === "" ? undefined : { kind: "usdt", path, provider, name };
}

/** "sched/sched_switch". */
export function tracepoint(text: string): AttachTarget | undefined {
  const slash = text.indexOf("/");
  const [category, name] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)];
  return category === "" || name === "" ? undefined : { kind: "tracepoint", category, name };
}

export function rawTracepoint(name: string): AttachTarget {
  return { kind: "rawTracepoint", name };
}

export function btfTracepoint(name: string): AttachTarget {
  return { kind: "btfTracepoint", name };
}

/** "vfs_read", "nf_conntrack:nf_ct_delete". */
export function fentry(text: string, onReturn: boolean): AttachTarget {
  return { kind: "fentry", ...functionOfModule(text), onReturn };
}

export function fmodRet(text: string): AttachTarget {
  return { kind: "fmodRet", ...functionOfModule(text) };
}

export function lsm(hook: string, cgroup: boolean): AttachTarget {
  return { kind: "lsm", hook, cgroup };
}

export function iter(name: string): AttachTarget {
  return { kind: "iter", name };
}

export function freplace(name: string): AttachTarget {
  return { kind: "freplace", function: name };
}

/** The section that says the target, without flags; undefined where no section name can. */
export function sectionOf(target: AttachTarget): string | undefined {
  switch (target.kind) {
    case "tracepoint":
      return `tracepoint/${target.category}/${target.name}`;
    case "rawTracepoint":
      return `raw_tp/${target.name}`;
    case "btfTracepoint":
      return `tp_btf/${target.name}`;
    case "kprobe":
      return target.module === undefined
        ? `${target.onReturn ? "kretprobe" : "kprobe"}/${target.symbol}${plus(target.offset)}`
        : undefined;
    case "fentry":
      return `${target.onReturn ? "fexit" : "fentry"}/${inModule(target.module)}${target.function}`;
    case "uprobe":
      return `${target.onReturn ? "uretprobe" : "uprobe"}/${target.path}:${target.symbol === undefined ? String(target.offset ?? 0) : `${target.symbol}${plus(target.offset)}`}`;
    case "kprobeMulti":
      return `${{ entry: "kprobe.multi", return: "kretprobe.multi", session: "kprobe.session" }[target.on]}/${target.pattern}`;
    case "uprobeMulti":
      return `${{ entry: "uprobe.multi", return: "uretprobe.multi", session: "uprobe.session" }[target.on]}/${target.path}:${target.pattern}`;
    case "ksyscall":
      return `${target.onReturn ? "kretsyscall" : "ksyscall"}/${target.name}`;
    case "usdt":
      return `usdt/${target.path}:${target.provider}:${target.name}`;
    case "fmodRet":
      return `fmod_ret/${inModule(target.module)}${target.function}`;
    case "lsm":
      return `${target.cgroup ? "lsm_cgroup" : "lsm"}/${target.hook}`;
    case "iter":
      return `iter/${target.name}`;
    case "freplace":
      return `freplace/${target.function}`;
    case "run":
    case "perfEvent":
    // Which interface, group or hook no section's name says: that stands in `.sonde`.
    case "xdp":
    case "tc":
    case "cgroup":
    case "netfilter":
    case "netns":
      return undefined;
  }
}

function symbolAndOffset(text: string): { symbol: string; offset?: number } | undefined {
  const found = /^([^+]+)(?:\+(0x[0-9a-f]+|\d+))?$/i.exec(text);
  if (found === null) return undefined;
  const offset = Number(found[2] ?? 0);
  return offset === 0 ? { symbol: found[1]! } : { symbol: found[1]!, offset };
}

function functionOfModule(text: string): { function: string; module?: string } {
  const [module, name] = cut(text);
  return module === "" ? { function: name } : { function: name, module };
}

/** Before and after the last colon; all of it is after if there is none. */
function cut(text: string): [string, string] {
  const colon = text.lastIndexOf(":");
  return colon === -1 ? ["", text] : [text.slice(0, colon), text.slice(colon + 1)];
}

function plus(offset: number | undefined): string {
  return offset === undefined || offset === 0 ? "" : `+0x${offset.toString(16)}`;
}

function inModule(module: string | undefined): string {
  return module === undefined ? "" : `${module}:`;
}

/** What is said about attach points. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const unknownHardware: M<readonly [event: string, near: string | undefined]> = {
  code: "SND1212",
  severity: "error",
  text: (event) => `unknown hardware event ${event}`,
  hint: (_, near) =>
    near ??
    "the events are cpu-cycles, instructions, cache-references, cache-misses, branch-instructions, branch-misses, bus-cycles, frontend-stalls, backend-stalls, ref-cycles",
};
export const argumentWatchpoint: M<readonly [point: string]> = {
  code: "SND1213",
  severity: "error",
  text: (point) => `${point} needs an address: one that a function is called with is known only then`,
  hint: () =>
    'print it first, such as uprobe:PROGRAM:FUNCTION { printf("%p", arg1); }, then watch that address with -p',
};
export const needsSystem: M<readonly [point: string]> = {
  code: "SND1214",
  severity: "error",
  text: (point) => `${point} needs the system that the script will run on, which is not known here`,
};
export const noDebugInfo: M<readonly [point: string, path: string]> = {
  code: "SND1215",
  severity: "error",
  text: (point, path) => `${point} names a source line, and ${path} has no debugging information`,
  hint: (_, path) => `compile it with -g, install its debug package, or name a function: sonde list 'uprobe:${path}:*'`,
};
export const badDebugInfo: M<readonly [path: string, reason: string]> = {
  code: "SND1224",
  severity: "error",
  text: (path, reason) => `the debugging information of ${path} cannot be read: ${reason}`,
};
export const onlyInlined: M<readonly [name: string, path: string, copies: number]> = {
  code: "SND1223",
  severity: "error",
  text: (name, path, copies) =>
    `${name} has no code of its own in ${path}: it was inlined ${copies === 1 ? "once" : `${copies} times`}`,
  hint: () => "config = { probe_inline = true } puts the probe where each copy is entered",
};
export const amidInstruction: M<readonly [point: string, start: number, end: number]> = {
  code: "SND1225",
  severity: "error",
  text: (point) => `${point} is amid an instruction: a breakpoint there would break the program`,
  hint: (_, start, end) => `instructions begin at 0x${start.toString(16)} and 0x${end.toString(16)}`,
};
export const outsideFunction: M<readonly [point: string, symbol: string, size: number]> = {
  code: "SND1226",
  severity: "error",
  text: (point, symbol, size) => `${point} is outside of ${symbol}, which has ${size} bytes`,
};
export const noCodeOnLine: M<
  readonly [path: string, file: string, line: string, known: boolean, next: number | undefined]
> = {
  code: "SND1222",
  severity: "error",
  text: (path, file, line, known) =>
    known ? `${path} has no code of line ${line} of ${file}` : `${path} was not made of a file ${file}`,
  hint: (_, __, ___, known, next) =>
    !known
      ? "name it as it was compiled, or the end of its path: src/main.c"
      : next === undefined
        ? undefined
        : `the next line with code is ${next}`,
};
export const unsafeAddress: M<readonly [point: string]> = {
  code: "SND1216",
  severity: "error",
  text: (point) => `${point} is at a plain address, which may lie in the middle of an instruction`,
  hint: () => "name a function with an offset, or allow it with --unsafe",
};
export const pointForm: M<readonly [point: string, form: string]> = {
  code: "SND1201",
  severity: "error",
  text: (point) => `${point} is not a complete probe`,
  hint: (_, form) => `expected ${form}`,
};
export const noMatch: M<readonly [what: string, pattern: string, near: string | undefined]> = {
  code: "SND1202",
  severity: "error",
  text: (what, pattern) => `no ${what} matches ${pattern}`,
  hint: (_, __, near) => near,
};
export const noMatchWarning: M<readonly [what: string, pattern: string]> = {
  code: "SND1203",
  severity: "warning",
  text: (what, pattern) => `no ${what} matches ${pattern}; it is left out`,
};
export const badPeriod: M<readonly [point: string]> = {
  code: "SND1204",
  severity: "error",
  text: (point) => `${point} does not say how often`,
  hint: () =>
    "expected a unit (us, ms, s or hz) and a number from 1 on, such as interval:s:1, interval:100ms or profile:hz:99",
};
export const unknownEvent: M<readonly [event: string, near: string | undefined]> = {
  code: "SND1205",
  severity: "error",
  text: (event) => `unknown software event ${event}`,
  hint: (_, near) =>
    near ??
    "the events are cpu-clock, task-clock, page-faults, minor-faults, major-faults, context-switches, cpu-migrations, alignment-faults, emulation-faults, bpf-output",
};
export const noFunctionProbes: M<readonly [point: string]> = {
  code: "SND1206",
  severity: "error",
  text: (point) => `${point} can't be attached: this kernel offers neither kprobes nor fentry`,
  hint: () =>
    "use a tracepoint (sonde list 'tracepoint:*'), or a kernel built with CONFIG_KPROBES or with BPF trampolines allowed",
};
export const noOffsetProbes: M<readonly [point: string]> = {
  code: "SND1207",
  severity: "error",
  text: (point) => `${point} can't be attached: this kernel has no kprobes, and fentry knows only a function's start`,
};
export const exitArguments: M<readonly [point: string]> = {
  code: "SND1208",
  severity: "error",
  text: (point) => `${point} needs fentry support for args, which this kernel refuses; a kretprobe knows only retval`,
  hint: () => "keep what is needed in a map at the function's entry",
};
export const tooManyProbes: M<readonly [count: number, limit: number]> = {
  code: "SND1209",
  severity: "error",
  text: (count, limit) => `the script has ${count} probes, more than the ${limit} that max_probes allows`,
  hint: () => "name them more closely, or raise it: config = { max_probes = 5000 }",
};
export const badOffset: M<readonly [offset: string]> = {
  code: "SND1210",
  severity: "error",
  text: (offset) => `${offset} is not an offset`,
  hint: () => "expected a number of bytes, such as vfs_read+0x10",
};
export const noPositional: M<readonly [name: string]> = {
  code: "SND1211",
  severity: "error",
  text: (name) => `the probe needs ${name}, which was not given`,
  hint: () => "give it after the program on the command line",
};
export const tooManyPrograms: M<readonly [count: number, limit: number]> = {
  code: "SND1220",
  severity: "error",
  text: (count, limit) => `the script's probes come to ${count} programs, more than the ${limit} that are allowed`,
  hint: () => "match fewer, or raise the setting max_bpf_progs",
};

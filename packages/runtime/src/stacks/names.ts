/**
 * Addresses and stacks by name. Symbol tables are read when the first one is shown: the kernel's
 * once, a process's each time that it is asked for, since it may have mapped more.
 */
import { demangle } from "@sonde/bpf/demangle";
import type { Frame } from "@sonde/bpf/dwarf";
import { LiveKernelSymbols, type ProcessSymbols, UserSymbols } from "@sonde/kernel/symbols";
import { type Kernel, KernelError } from "@sonde/kernel/sys";
import type { StackValue } from "../decode/value.ts";
import type { Names } from "../print/names.ts";

/** The addresses of a stack, the innermost first; undefined when the kernel does not have it any more. */
export type StackReader = (map: string, id: number) => readonly bigint[] | undefined;

export interface NameSettings {
  /** False shows names of C++ and Rust as the symbol tables have them. */
  readonly demangle?: boolean;
  /** False shows neither lines of the source nor functions that were inlined. */
  readonly sourceLines?: boolean;
}

/**
 * Symbols of processes, which are followed from now on. Where perf events are refused, only those can
 * be named that still run when their stacks are shown. Close it after use.
 */
export function followedProcesses(kernel: Kernel): UserSymbols {
  const users = new UserSymbols();
  try {
    users.follow(kernel);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
  return users;
}

export function symbolNames(readStack: StackReader, users: UserSymbols, settings: NameSettings = {}): Names {
  const kernel = new LiveKernelSymbols();
  const readable = settings.demangle === false ? (name: string) => name : demangler();
  const resolve = (address: bigint, user: boolean, pid: number): Resolved => {
    const symbol = user ? users.process(pid).symbolize(address) : kernel.symbolize(address);
    return symbol.name === undefined ? symbol : { ...symbol, name: readable(symbol.name) };
  };
  return {
    symbol({ address, user, pid }) {
      return resolve(address, user, pid).name ?? hexadecimal(address);
    },
    stack(value, indent) {
      const addresses = value.id < 0 ? undefined : readStack(value.map, value.id);
      if (addresses === undefined) return "\n";
      const frames = addresses.slice(0, value.frames);
      const lines = value.user && value.mode === "bpftrace" && settings.sourceLines !== false;
      const text = frames.map((address, index) => {
        if (value.mode === "build_id") return inBuild(address, users.process(value.pid));
        if (!lines) return frame(address, value, indent, resolve);
        // Where a frame will go on is behind its call, which may be another line's.
        const at = index === 0 ? address : address - 1n;
        return withLines(frame(address, value, indent, resolve), users.process(value.pid).frames(at), indent);
      });
      return `\n${text.join("")}`;
    },
  };
}

/** Names recur in stacks, and some of C++ are long: each is demangled once. */
function demangler(): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    if (!name.startsWith("_Z") && !name.startsWith("_R")) return name;
    let text = known.get(name);
    if (text === undefined) known.set(name, (text = demangle(name) ?? name));
    return text;
  };
}

interface Resolved {
  readonly name: string | undefined;
  readonly offset: number;
  readonly module: string | undefined;
}

type Resolve = (address: bigint, user: boolean, pid: number) => Resolved;

/**
 * One line for each frame:
 *
 *     bpftrace   INDENT name+offset
 *     perf       TAB address name+offset (module), without 0x; of user code that nothing is known of ([unknown])
 *     raw        INDENT address
 */
function frame(address: bigint, stack: StackValue, indent: string, resolve: Resolve): string {
  if (stack.mode === "raw") return `${indent}${hexadecimal(address)}\n`;
  const { name, offset, module } = resolve(address, stack.user, stack.pid);
  const text = name === undefined ? hexadecimal(address) : `${name}+${offset}`;
  if (stack.mode === "bpftrace") return `${indent}${text}\n`;
  const origin = module ?? (stack.user ? "[unknown]" : undefined);
  return `\t${address.toString(16)} ${text}${origin === undefined ? "" : ` (${origin})`}\n`;
}

/** Build id and offset in the file, or where there is none the address: for names that are found later, elsewhere. */
function inBuild(address: bigint, process: ProcessSymbols): string {
  const place = process.inBuild(address);
  if (place === undefined) return `${address.toString(16)}\n`;
  return `${place.buildId} 0x${place.offset.toString(16).padStart(2, "0")}\n`;
}

/**
 * A frame's line with what debugging information says of it, functions that were inlined before it:
 *
 *     INDENT inner@/src/main.c:3 [inlined]
 *     INDENT outer+12@/src/main.c:9
 */
function withLines(line: string, frames: readonly Frame[], indent: string): string {
  const own = frames.at(-1);
  if (own === undefined) return line;
  const inlined = frames
    .slice(0, -1)
    .map((frame) => `${indent}${frame.name ?? "[unknown]"}${position(frame)} [inlined]\n`);
  return `${inlined.join("")}${line.slice(0, -1)}${position(own)}\n`;
}

function position({ file, line }: Frame): string {
  if (file === undefined) return "";
  return line === undefined || line === 0 ? `@${file}` : `@${file}:${line}`;
}

function hexadecimal(address: bigint): string {
  return `0x${address.toString(16)}`;
}

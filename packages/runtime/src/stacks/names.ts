/**
 * Addresses and stacks by name. Symbol tables are read when the first one is shown: the kernel's
 * once, a process's each time that it is asked for, since it may have mapped more.
 */
import { demangle } from "@sonde/bpf/demangle";
import { KernelSymbols, UserSymbols } from "@sonde/kernel/symbols";
import type { StackValue } from "../decode/value.ts";
import type { Names } from "../print/names.ts";

/** The addresses of a stack, the innermost first; undefined when the kernel does not have it any more. */
export type StackReader = (map: string, id: number) => readonly bigint[] | undefined;

/** @param settings `demangle` false shows names of C++ and Rust as the symbol tables have them */
export function symbolNames(readStack: StackReader, settings: { readonly demangle?: boolean } = {}): Names {
  let kernel: KernelSymbols | undefined;
  let users: UserSymbols | undefined;
  const readable = settings.demangle === false ? (name: string) => name : demangler();
  const resolve = (address: bigint, user: boolean, pid: number): Resolved => {
    const symbol = user
      ? (users ??= new UserSymbols()).process(pid).symbolize(address)
      : (kernel ??= KernelSymbols.read()).symbolize(address);
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
      return `\n${frames.map((address) => frame(address, value, indent, resolve)).join("")}`;
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

function hexadecimal(address: bigint): string {
  return `0x${address.toString(16)}`;
}

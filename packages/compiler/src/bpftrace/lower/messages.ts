/** What lowering refuses: what the language allows but the kernel, or this compiler so far, does not. */
import type { Message } from "../../diagnostics/index.ts";

export { Refusal, refuse } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const notLowered: M<readonly [what: string]> = {
  code: "SND2001",
  severity: "error",
  text: (what) => `${what} not supported yet`,
};
export const aggregationRead: M<readonly [map: string]> = {
  code: "SND2002",
  severity: "error",
  text: (map) => `${map} is kept apart for every CPU, and this kernel's programs reach only their own CPU's part`,
  hint: () =>
    "it takes Linux 5.19 or newer (bpf_map_lookup_percpu_elem); count(), sum() and avg() can be read on every kernel",
};
export const memcmpTooLong: M<readonly [bytes: number, limit: number]> = {
  code: "SND2020",
  severity: "error",
  text: (bytes, limit) => `memcmp() of ${bytes} bytes would make the program too large: at most ${limit}`,
};
export const needleTooLong: M<readonly [haystack: number, needle: number, limit: number]> = {
  code: "SND2021",
  severity: "error",
  text: (haystack, needle, limit) =>
    `a search of ${needle} bytes in ${haystack} takes more turns (${haystack * needle}) than the kernel's verifier follows (${limit})`,
  hint: () =>
    "shorten one of them, for example str(pointer, 64), or search for a text in quotes of at most 32 characters",
};
export const failed: M<readonly [text: string]> = {
  code: "SND2022",
  severity: "error",
  text: (text) => text,
};
export const noArgument: M<readonly [name: string, limit: number]> = {
  code: "SND2003",
  severity: "error",
  text: (name, limit) => `${name} is not in a register here: this architecture passes ${limit} arguments in registers`,
};
export const unknownRegister: M<readonly [name: string, known: string]> = {
  code: "SND2004",
  severity: "error",
  text: (name) => `unknown register ${name}`,
  hint: (_, known) => `this architecture has ${known}`,
};
export const notReadable: M<readonly [what: string]> = {
  code: "SND2005",
  severity: "error",
  text: (what) => `${what} has no address to read from`,
};
export const unrollTooMuch: M<readonly [limit: number]> = {
  code: "SND2006",
  severity: "error",
  text: (limit) => `unroll needs a constant from 1 to ${limit}`,
};
export const recordTooLarge: M<readonly [size: number, limit: number]> = {
  code: "SND2007",
  severity: "error",
  text: (size, limit) => `this needs ${size} bytes in one record, more than the ${limit} that fit`,
  hint: () => "shorten its strings: str(pointer, length), or the setting max_strlen",
};
export const noLayout: M<readonly [type: string]> = {
  code: "SND2008",
  severity: "error",
  text: (type) => `a value of type ${type} can't be stored or printed as a whole`,
  hint: () => "use one of its fields",
};
export const unknownMember: M<readonly [type: string, name: string]> = {
  code: "SND2009",
  severity: "error",
  text: (type, name) => `${type} has no member ${name} on this kernel`,
};
export const noOpenLoops: M<readonly [turns: number]> = {
  code: "SND2010",
  severity: "error",
  text: (turns) => `this kernel runs only loops whose number of turns is known beforehand, at most ${turns} in all`,
  hint: () => "give a range constant bounds and leave it by break, or use Linux 5.17 or newer, which has bpf_loop",
};
export const pinnedPrints: M = {
  code: "SND2013",
  severity: "error",
  text: () => "an iterator in a file prints by printf() only: what it says is the file's content",
  hint: () => "leave the file out, so that the iterator runs once, now, and prints here",
};
export const kernelFormat: M<readonly [type: string]> = {
  code: "SND2014",
  severity: "error",
  text: (type) => `the kernel's own formatting has no text for a value of type ${type}`,
  hint: () => "numbers, pointers and strings have one",
};
export const noMapLoops: M<readonly [map: string]> = {
  code: "SND2012",
  severity: "error",
  text: () => "programs can't go over a map on this kernel: it takes Linux 5.13 or newer (bpf_for_each_map_elem)",
  hint: (map) => `print(${map}) prints all of it; a loop over known keys is for ($i : 0..10) { ... ${map}[$i] ... }`,
};
export const tooComplex: M<readonly [reason: string]> = {
  code: "SND2011",
  severity: "error",
  text: (reason) => `this probe is too large for one BPF program: ${reason}`,
  hint: () => "split it into several probes, or use fewer and shorter strings",
};
export const noUnwinding: M<readonly [arch: string]> = {
  code: "SND2023",
  severity: "error",
  text: (arch) =>
    arch === "x86_64"
      ? "stacks can't be unwound on this kernel: it takes Linux 5.17 or newer (bpf_loop) with its types (CONFIG_DEBUG_INFO_BTF)"
      : `stacks can't be unwound on ${arch}`,
  hint: () =>
    "ustack with config = { call_graph = fp } follows frame pointers: build what is watched with -fno-omit-frame-pointer",
};

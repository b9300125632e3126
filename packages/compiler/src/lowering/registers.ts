/** `struct pt_regs`: where a function's arguments and result are, by the calling convention of each architecture. */
import type { Target } from "@sonde/bpf/spec";

export interface Registers {
  /** Offsets of the integer arguments passed in registers, in bytes. */
  readonly arguments: readonly number[];
  readonly result: number;
  /** Offset of the instruction pointer. */
  readonly ip: number;
  /** Offset of the stack pointer. */
  readonly sp: number;
  /** Offset of a register by the number that debugging information has for it; undefined for those that are not kept. */
  dwarf(number: number): number | undefined;
  /** Every register by the name that `reg()` takes. */
  offset(name: string): number | undefined;
  readonly names: readonly string[];
}

const X86_64 = [
  "r15",
  "r14",
  "r13",
  "r12",
  "bp",
  "bx",
  "r11",
  "r10",
  "r9",
  "r8",
  "ax",
  "cx",
  "dx",
  "si",
  "di",
  "orig_ax",
  "ip",
  "cs",
  "flags",
  "sp",
  "ss",
];

/** By their numbers in DWARF (System V ABI, figure 3.36). */
const DWARF_X86_64 = ["ax", "dx", "cx", "bx", "si", "di", "bp", "sp"];

export function registers(arch: Target["arch"]): Registers {
  const names =
    arch === "x86_64" ? X86_64 : [...Array.from({ length: 31 }, (_, index) => `r${index}`), "sp", "pc", "pstate"];
  const offset = (name: string): number | undefined => {
    const index = names.indexOf(name === "lr" && arch === "aarch64" ? "r30" : name);
    return index < 0 ? undefined : index * 8;
  };
  const known = (name: string): number => offset(name) ?? 0;
  return arch === "x86_64"
    ? {
        arguments: ["di", "si", "dx", "cx", "r8", "r9"].map(known),
        result: known("ax"),
        ip: known("ip"),
        sp: known("sp"),
        dwarf: (number) => offset(DWARF_X86_64[number] ?? `r${number}`),
        offset,
        names,
      }
    : {
        arguments: names.slice(0, 8).map(known),
        result: known("r0"),
        ip: known("pc"),
        sp: known("sp"),
        dwarf: (number) => offset(number === 31 ? "sp" : `r${number}`),
        offset,
        names,
      };
}

/** System calls by their names. The table is made with the first one that is asked for. */
import { integerDecoder, type DecoderKind } from "./decoder.ts";
import { ARM64, X86_64, type SyscallRuns } from "./syscall-names.ts";

let known: ReadonlyMap<number, string> | undefined;

export const syscall: DecoderKind = {
  summary: "the number of a system call of this machine by its name",
  make: () =>
    integerDecoder((value) => {
      known ??= byNumber(process.arch === "arm64" ? ARM64 : X86_64);
      return known.get(Number(value)) ?? `unknown_syscall:${value}`;
    }),
};

export function byNumber(runs: SyscallRuns): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [first, run] of Object.entries(runs))
    for (const [i, name] of run.trim().split(/\s+/).entries()) names.set(Number(first) + i, name);
  return names;
}

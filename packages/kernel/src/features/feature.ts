/** One thing that a kernel may or may not be able to do, and how to find out. */
import type { Btf } from "@sonde/bpf/btf";
import type { Kernel } from "../sys/index.ts";

export interface ProbeContext {
  readonly kernel: Kernel;
  /** The kernel's types, if it tells them; opened when first asked for. */
  readonly btf: () => Btf | undefined;
}

/** `note` says why not, or under which condition. */
export interface Verdict {
  readonly supported: boolean;
  readonly note?: string;
}

export interface Feature {
  readonly name: string;
  /** The first Linux release that has it. */
  readonly since: string;
  /** Tries it on the kernel; leaves nothing behind. */
  readonly probe: (context: ProbeContext) => Verdict;
}

export const YES: Verdict = { supported: true };

export function no(note: string): Verdict {
  return { supported: false, note };
}

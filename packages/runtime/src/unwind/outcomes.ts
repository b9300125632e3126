/** What became of the stacks that were unwound, in words. */
import { UnwindOutcome } from "@sonde/bpf/spec";
import type { BpfMap } from "@sonde/kernel/maps";
import type { TableProblems } from "./tables.ts";

/** Numbers of stacks by how their unwinding ended, of all CPUs together. */
export type OutcomeCounts = Readonly<Record<keyof typeof UnwindOutcome, number>>;

export function readOutcomes(map: BpfMap): OutcomeCounts {
  const counts = Object.entries(UnwindOutcome).map(([name, slot]) => {
    const values = map.lookup(new Uint8Array(Uint32Array.of(slot).buffer));
    let sum = 0;
    if (values !== undefined) {
      const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
      for (let cpu = 0; cpu < map.layout.cpus; cpu++) sum += Number(view.getBigUint64(cpu * map.layout.stride, true));
    }
    return [name, sum] as const;
  });
  return Object.fromEntries(counts) as OutcomeCounts;
}

const REASONS = {
  noTables: "were taken before the process's unwind tables had been read (frame pointers were followed)",
  noRule: "reached code that has neither a usable unwind rule nor a frame pointer",
  unreadable: "reached memory that could not be read",
  lost: "reached code that was mapped after the tables had been read",
  disturbed: "were lost to another task that ran the same program on the same CPU",
} as const;

/** How many stacks do not reach their thread's first function, though they were not deeper than asked for. */
export function incomplete(counts: OutcomeCounts): number {
  return Object.keys(REASONS).reduce((sum, name) => sum + counts[name as keyof typeof REASONS], 0);
}

/** Says what is incomplete and why; undefined if nothing is. */
export function incompleteStacks(counts: OutcomeCounts, problems: TableProblems): string | undefined {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const reasons = Object.entries(REASONS).flatMap(([name, text]) => {
    const count = counts[name as keyof typeof REASONS];
    return count === 0 ? [] : [{ count, text }];
  });
  const parts = reasons.map(({ count, text }) => `${count} ${text}`);
  const { withoutRoom, unreadable, failure } = problems;
  if (failure !== undefined) parts.push(`no more tables were made: ${failure}`);
  if (withoutRoom.size > 0) parts.push(`there was no room for all tables of ${[...withoutRoom].join(", ")}`);
  for (const [path, reason] of unreadable) parts.push(`the table of ${path} could not be read: ${reason}`);
  if (parts.length === 0) return undefined;
  return `${incomplete(counts)} of ${total} unwound user stacks are incomplete: ${parts.join("; ")}.`;
}

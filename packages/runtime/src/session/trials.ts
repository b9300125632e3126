/** Tests and benchmarks: programs that are run by hand, one after another. */
import type { AttachTarget } from "@sonde/bpf/spec";
import { enableStatistics, type Kernel } from "@sonde/kernel/sys";
import type { Program } from "@sonde/kernel/programs";
import type { Sink } from "../print/sink.ts";

interface Place {
  readonly program: Program;
  readonly target: AttachTarget;
}

interface Surroundings {
  /** Handles the events that there are. */
  readonly drain: () => Promise<void>;
  /** How many errors the programs have reported so far, exits among them. */
  readonly complaints: () => number;
}

/** Runs of a benchmark: so many, or for so many nanoseconds. */
const MOST_RUNS = 200_000;
const LONGEST = 300_000_000n;
const BATCH = 1000;

/** Whether one failed. */
export async function runTrials(
  kernel: Kernel,
  places: readonly Place[],
  mode: "test" | "bench",
  sink: Sink,
  surroundings: Surroundings,
): Promise<boolean> {
  const trials = places.filter(({ target }) => target.kind === "run" && target.when === mode);
  return mode === "test" ? await runTests(trials, sink, surroundings) : benchmark(kernel, trials, sink);
}

/** A test passes that returns 0 and reports no error. */
async function runTests(tests: readonly Place[], sink: Sink, { drain, complaints }: Surroundings): Promise<boolean> {
  let failed = false;
  for (const { program, target } of tests) {
    const before = complaints();
    const { returned } = program.testRun();
    await drain();
    const passed = returned === 0 && complaints() === before;
    failed ||= !passed;
    sink.test?.(nameOf(target), passed);
  }
  return failed;
}

/** By the kernel's own statistics of run times; what counting costs is in them. */
function benchmark(kernel: Kernel, benchmarks: readonly Place[], sink: Sink): boolean {
  using statistics = enableStatistics(kernel);
  void statistics;
  const means = new Map<string, number>();
  for (const { program, target } of benchmarks) {
    const before = program.statistics();
    const end = process.hrtime.bigint() + LONGEST;
    for (let runs = 0; runs < MOST_RUNS && process.hrtime.bigint() < end; runs += BATCH)
      for (let i = 0; i < BATCH; i++) program.testRun();
    const after = program.statistics();
    means.set(nameOf(target), Math.round((after.nanoseconds - before.nanoseconds) / (after.runs - before.runs)));
  }
  sink.benchmarks?.(means);
  return false;
}

function nameOf(target: AttachTarget): string {
  return target.kind === "run" ? (target.name ?? target.when) : target.kind;
}

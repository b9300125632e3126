/** Runs a list of passes until nothing changes any more. */
import type { Func } from "../ir/ir.ts";
import type { Pass } from "./pass.ts";

export interface RunOptions {
  /** Called after each pass that changed something: to print, or to validate. */
  readonly after?: (func: Func, pass: Pass, round: number) => void;
}

/** Rounds after which a list that still finds something to change is left as it is. */
const ROUNDS = 6;

export function runPasses(func: Func, passes: readonly Pass[], options: RunOptions = {}): void {
  // A pass need not run again until another one has changed something since.
  let changes = 0;
  const seen = new Int32Array(passes.length).fill(-1);
  for (let round = 1; round <= ROUNDS; round++) {
    const before = changes;
    for (const [index, pass] of passes.entries()) {
      if (seen[index] === changes) continue;
      if (pass.run(func)) {
        changes++;
        options.after?.(func, pass, round);
      } else seen[index] = changes;
    }
    if (changes === before) return;
  }
}

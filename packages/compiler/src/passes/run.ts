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
  for (let round = 1; round <= ROUNDS; round++) {
    let changed = false;
    for (const pass of passes) {
      if (!pass.run(func)) continue;
      changed = true;
      options.after?.(func, pass, round);
    }
    if (!changed) return;
  }
}

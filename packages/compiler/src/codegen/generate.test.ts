import assert from "node:assert/strict";
import { test } from "node:test";
import type { Func } from "../ir/ir.ts";
import { print } from "../ir/print.ts";
import { validate } from "../ir/validate.ts";
import { PASSES } from "../passes/index.ts";
import type { Pass } from "../passes/index.ts";
import { compileModule } from "./index.ts";
import { evaluate } from "./testing/evaluate.ts";
import { interpret } from "./testing/interpret.ts";
import { Calls } from "./testing/memory.ts";
import { CALLED, Random, randomFunction } from "./testing/random.ts";

/** Compiles the function that a seed makes and compares its answers and its calls with the evaluator's. */
function check(seed: number, passes: readonly Pass[]): void {
  const options = { size: 5 + (seed % 60), calls: seed % 3 > 0, args: seed % 6 };
  const random = new Random(seed);
  const func = randomFunction(random, options);
  validate(func);
  const inputs = Array.from({ length: 3 }, () => Array.from({ length: options.args }, () => random.word()));
  const want = inputs.map((input) => outcome((calls) => evaluate(func, input, calls)));
  const dump = (changed: Func, stage: string): void => validate(changed, `${stage}, seed ${seed}`);
  const { instructions } = compileModule({ main: func, functions: [] }, { passes, dump });
  const have = inputs.map((input) => outcome((calls) => interpret(instructions, input, calls, CALLED)));
  try {
    assert.deepEqual(have, want);
  } catch (error) {
    // The function has been changed by compiling: it is made again to be shown.
    assert.fail(`seed ${seed}: ${String(error)}\n${print(randomFunction(new Random(seed), options))}`);
  }
}

interface Outcome {
  readonly answer: bigint | string;
  readonly calls: readonly string[];
}

/** A run that fails has its message as answer. */
function outcome(run: (calls: Calls) => bigint): Outcome {
  const calls = new Calls();
  try {
    return { answer: run(calls), calls: calls.trace };
  } catch (error) {
    return { answer: String(error), calls: calls.trace };
  }
}

function checkAll(seeds: number, passes: readonly Pass[]): void {
  for (let seed = 1; seed <= seeds; seed++) check(seed, passes);
}

test("generated code computes what the intermediate form says, for random functions", () => {
  checkAll(300, []);
});

test("and so it does after all passes", () => {
  checkAll(700, PASSES);
});

for (const pass of PASSES) {
  test(`and after ${pass.name} alone`, () => checkAll(50, [pass]));
}

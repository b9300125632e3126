import assert from "node:assert/strict";
import { test } from "node:test";
import type { Func } from "../ir/ir.ts";
import { print } from "../ir/print.ts";
import { validate } from "../ir/validate.ts";
import { CompileError } from "./errors.ts";
import { compileModule } from "./index.ts";
import { PASSES } from "../passes/index.ts";
import type { Pass } from "../passes/index.ts";
import { evaluate } from "./testing/evaluate.ts";
import { interpret } from "./testing/interpret.ts";
import { Calls } from "./testing/memory.ts";
import { CALLED, Random, randomFunction } from "./testing/random.ts";

/** Compiles the function that a seed makes and compares its answers with the evaluator's. False if it does not fit the stack. */
function agree(seed: number, passes: readonly Pass[]): boolean {
  const options = { size: 5 + (seed % 60), calls: seed % 3 > 0, args: seed % 6 };
  const random = new Random(seed);
  const func = randomFunction(random, options);
  validate(func);
  const text = print(func);
  const inputs = Array.from({ length: 3 }, () => Array.from({ length: options.args }, () => random.word()));
  const want = inputs.map((input) => {
    const calls = new Calls();
    return { result: evaluate(func, input, calls), calls: calls.trace };
  });
  let code;
  try {
    const dump = (changed: Func, stage: string): void => validate(changed, `${stage} with seed ${seed}`);
    code = compileModule({ main: func, functions: [] }, { passes, dump }).instructions;
  } catch (error) {
    if (error instanceof CompileError) return false;
    throw error;
  }
  for (const [index, input] of inputs.entries()) {
    const calls = new Calls();
    let have: unknown;
    try {
      have = { result: interpret(code, input, calls, CALLED), calls: calls.trace };
    } catch (error) {
      assert.fail(`seed ${seed}: ${String(error)}\n${text}`);
    }
    assert.deepEqual(have, want[index], `seed ${seed}, arguments ${input.join(", ")}\n${text}`);
  }
  return true;
}

/** How many of the seeds' functions do not fit the stack. */
function countRefused(seeds: number, passes: readonly Pass[]): number {
  let refused = 0;
  for (let seed = 1; seed <= seeds; seed++) if (!agree(seed, passes)) refused++;
  return refused;
}

test("generated code computes what the intermediate form says, for random functions", () => {
  assert.equal(countRefused(300, []) < 15, true);
});

test("and so it does after all passes", () => {
  assert.equal(countRefused(700, PASSES) < 35, true);
});

for (const pass of PASSES) {
  test(`and after ${pass.name} alone`, () => {
    assert.equal(countRefused(50, [pass]) < 5, true);
  });
}

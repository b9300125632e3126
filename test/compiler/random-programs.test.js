// What the compiler generates means to the kernel what the intermediate form says: random functions
// pass the verifier, and BPF_PROG_TEST_RUN answers as the evaluator does.
import assert from "node:assert/strict";
import { BtfBuilder } from "@sonde/bpf/btf";
import { FunctionBuilder } from "@sonde/compiler/ir";
import { loadCollection, openKernel, VerifierError } from "@sonde/kernel";
import { kernelTest } from "../../packages/kernel/dist/testing/kernel-test.js";
import { compileModule } from "../../packages/compiler/dist/codegen/index.js";
import { evaluate } from "../../packages/compiler/dist/codegen/testing/evaluate.js";
import { Random, randomFunction } from "../../packages/compiler/dist/codegen/testing/random.js";

const ARGS = 3;
const kernel = openKernel();

/** A main function that calls "f" with three words of its context and folds the answer into the 32 bits that a test run returns. */
function caller() {
  const b = new FunctionBuilder("main", "main", []);
  const args = Array.from({ length: ARGS }, (_, index) => b.load(b.context(), 8 * index, 8));
  const answer = b.callFunction("f", args);
  b.return(b.binary("xor", answer, b.binary("lshr", answer, b.constant(32))));
  return b.finish();
}

/** @param {import("../../packages/compiler/dist/codegen/index.js").Compiled} compiled */
function objectOf({ instructions, functions }) {
  const types = new BtfBuilder();
  const long = types.int("unsigned long long", 8, "unsigned");
  const int = types.int("int", 4, "signed");
  const main = types.func("main", types.funcProto(int, [{ name: "ctx", type: types.ptr(0) }]), "global");
  const params = Array.from({ length: ARGS }, (_, index) => ({ name: `a${index}`, type: long }));
  const f = types.func("f", types.funcProto(long, params), "static");
  /** @type {import("@sonde/bpf/spec").ObjectSpec} */
  const spec = {
    name: "random",
    license: "GPL",
    programs: [
      {
        name: "main",
        type: "raw_tracepoint",
        attach: [],
        instructions,
        functions: new Map([
          ["main", main],
          // Where it was inlined there is no function any more.
          ...(functions.includes("f") ? [/** @type {const} */ (["f", f])] : []),
        ]),
        title: "random",
      },
    ],
    maps: [],
    btf: types.encode(),
    manifest: { maps: [], events: [], config: { printMapsOnExit: true, stackMode: "bpftrace" } },
  };
  return spec;
}

kernelTest("random functions answer on the kernel as the intermediate form says", () => {
  let tried = 0;
  for (let seed = 1; seed <= 250; seed++) {
    const random = new Random(seed);
    const options = { size: 8 + (seed % 30), calls: false, args: ARGS };
    const func = randomFunction(random, options);
    const inputs = Array.from({ length: 3 }, () => Array.from({ length: ARGS }, () => random.word()));
    const want = inputs.map((input) => evaluate(func, input));
    // Every other one without passes: they would hide from code generation much of what it must get right.
    const compiled = compileModule({ main: caller(), functions: [func] }, seed % 2 === 0 ? {} : { passes: [] });
    let collection;
    try {
      collection = loadCollection(kernel, objectOf(compiled), { vmlinux: () => undefined });
    } catch (error) {
      assert.fail(
        `seed ${seed}: ${error instanceof VerifierError ? `${error.message}\n${error.log.slice(-4000)}` : String(error)}`,
      );
    }
    for (const [index, input] of inputs.entries()) {
      const context = new Uint8Array(new BigUint64Array(input).buffer);
      const { returned } = collection.program("main").testRun({ context });
      const answer = want[index] ?? 0n;
      assert.equal(
        BigInt(returned >>> 0),
        (answer ^ (answer >> 32n)) & 0xffff_ffffn,
        `seed ${seed}, arguments ${input.join(", ")}`,
      );
      tried++;
    }
    collection.close();
  }
  assert.equal(tried, 750);
});

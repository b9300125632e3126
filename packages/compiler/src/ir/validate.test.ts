import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionBuilder } from "./builder.ts";
import type { Func, Inst } from "./ir.ts";
import { findFaults, validate } from "./validate.ts";

/** A diamond whose sides give 1 and the loaded value, joined by a phi. */
function diamond(): Func {
  const b = new FunctionBuilder("f", "main", []);
  const x = b.variable("x");
  const id = b.load(b.context(), 8, 8);
  b.when(
    { kind: "ult", a: id, b: b.constant(10) },
    () => b.write(x, b.binary("add", id, b.constant(1))),
    () => b.write(x, id),
  );
  b.return(b.read(x));
  return b.finish();
}

function lookup(): { b: FunctionBuilder; value: Inst } {
  const b = new FunctionBuilder("f", "main", []);
  const key = b.slot(8, "key");
  b.store(key, 0, 8, b.constant(0));
  return { b, value: b.call(1, [b.map("m"), key]) };
}

const faults: readonly { name: string; make: () => Func; want: RegExp }[] = [
  {
    name: "a use that its definition does not dominate",
    make: () => {
      const func = diamond();
      const [, then, otherwise] = func.blocks;
      const terminator = otherwise!.terminator;
      assert.ok(terminator?.op === "jump" && then!.insts[0] !== undefined);
      otherwise!.terminator = { op: "return", value: then!.insts[0], source: undefined };
      terminator.target.predecessors.pop();
      for (const inst of terminator.target.insts) if (inst.op === "phi") inst.inputs.pop();
      return func;
    },
    want: /return: uses v\d+, which is not made on every path/,
  },
  {
    name: "a use before its definition in the same block",
    make: () => {
      const func = diamond();
      func.entry.insts.reverse();
      return func;
    },
    want: /load8 .*: uses v1, which is not made on every path/,
  },
  {
    name: "a phi with too few inputs",
    make: () => {
      const func = diamond();
      const phi = func.blocks.flatMap((block) => block.insts).find((inst) => inst.op === "phi");
      assert.ok(phi?.op === "phi");
      phi.inputs.pop();
      return func;
    },
    want: /1 inputs for 2 predecessors/,
  },
  {
    name: "an edge that the target does not know",
    make: () => {
      const func = diamond();
      func.blocks[1]!.predecessors.length = 0;
      return func;
    },
    want: /whose list of predecessors disagrees/,
  },
  {
    name: "a block without an end",
    make: () => {
      const func = diamond();
      func.blocks[3]!.terminator = undefined;
      return func;
    },
    want: /has no terminator/,
  },
  {
    name: "an id used twice",
    make: () => {
      const func = diamond();
      func.entry.insts.push({ ...func.entry.insts[1]! });
      return func;
    },
    want: /the id \d+ is used twice/,
  },
  {
    name: "a load through a scalar",
    make: () => {
      const b = new FunctionBuilder("f", "main", []);
      b.return(b.load(b.load(b.context(), 0, 8), 0, 8));
      return b.finish();
    },
    want: /v\d+ is not a pointer/,
  },
  {
    name: "a load through a pointer that may be null",
    make: () => {
      const { b, value } = lookup();
      b.return(b.load(value, 0, 8));
      return b.finish();
    },
    want: /v\d+ may be null here/,
  },
  {
    name: "arithmetic on pointers",
    make: () => {
      const { b, value } = lookup();
      b.return(b.binary("and", value, b.constant(7)));
      return b.finish();
    },
    want: /pointers can only be added to/,
  },
  {
    name: "six arguments",
    make: () => {
      const b = new FunctionBuilder("f", "main", []);
      b.return(
        b.call(
          6,
          [0, 1, 2, 3, 4, 5].map((value) => b.constant(value)),
        ),
      );
      return b.finish();
    },
    want: /6 arguments, a call takes at most 5/,
  },
  {
    name: "a store into a map handle",
    make: () => {
      const b = new FunctionBuilder("f", "main", []);
      b.store(b.map("m"), 0, 8, b.constant(0));
      b.return(b.constant(0));
      return b.finish();
    },
    want: /a map is only for helpers/,
  },
];

for (const { name, make, want } of faults) {
  test(`${name} is found`, () => {
    const found = findFaults(make());
    assert.equal(found.length > 0, true, "no fault was found");
    assert.match(found.join("\n"), want);
  });
}

test("what the builder makes is valid", () => {
  validate(diamond());
  const { b, value } = lookup();
  b.ifNonNull(value, "mapValue", (refined) => b.atomicAdd(refined, 0, 8, b.constant(1)));
  b.return(b.constant(0));
  validate(b.finish());
});

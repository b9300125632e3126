import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionBuilder } from "../ir/builder.ts";
import type { Func } from "../ir/ir.ts";
import { validate } from "../ir/validate.ts";
import { PASSES, runPasses } from "./index.ts";

/** A look-up that gives "there, and the value" or "nothing", tested at once; `after` decides what uses the value. */
function lookUp(after: "found" | "both"): Func {
  const b = new FunctionBuilder("f", "main", []);
  const [present, value] = [b.variable("present"), b.variable("value")];
  const key = b.slot(8, "key");
  b.store(key, 0, 8, b.load(b.context(), 0, 8));
  b.write(present, b.constant(0));
  b.write(value, b.constant(0));
  b.ifNonNull(b.call(1, [b.map("m"), key]), "mapValue", (entry) => {
    b.write(present, b.constant(1));
    b.write(value, b.load(entry, 0, 8));
  });
  b.when({ kind: "eq", a: b.read(present), b: b.constant(0) }, () => {
    if (after === "found") b.return(b.constant(7));
    else b.call(6, [b.read(value)]);
  });
  b.return(b.binary("add", b.read(value), b.constant(1)));
  return b.finish();
}

const branches = (func: Func): number => func.blocks.filter(({ terminator }) => terminator?.op === "branch").length;

test("a value that is used on one side only is closed there, and the second test goes", () => {
  const func = lookUp("found");
  runPasses(func, PASSES, { after: (each, { name }) => validate(each, name) });
  assert.equal(branches(func), 1);
});

test("a value that is used where both sides meet stays a phi of the join", () => {
  const func = lookUp("both");
  runPasses(func, PASSES, { after: (each, { name }) => validate(each, name) });
  assert.equal(branches(func), 2);
});

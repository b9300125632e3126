import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionBuilder } from "./builder.ts";
import { print } from "./print.ts";

function main(): FunctionBuilder {
  return new FunctionBuilder("f", "main", []);
}

function printed(builder: FunctionBuilder): string[] {
  return print(builder.finish()).trimEnd().split("\n");
}

test("a variable written on both sides of a branch becomes a phi where they join", () => {
  const b = main();
  const x = b.variable("x");
  const id = b.load(b.context(), 8, 8);
  b.when(
    { kind: "ult", a: id, b: b.constant(10) },
    () => b.write(x, b.constant(1)),
    () => b.write(x, id),
  );
  b.return(b.read(x));
  assert.deepEqual(printed(b), [
    "main f()",
    "b0 entry:",
    "  v1 = context",
    "  v2 = load8 [v1+8]",
    "  branch ult v2, 10 ? b4 : b6",
    "b4 then: <- b0",
    "  jump b5",
    "b6 else: <- b0",
    "  jump b5",
    "b5 join: <- b4, b6",
    "  v8 = phi 1, v2",
    "  return v8",
  ]);
});

test("a loop's variable becomes a phi of its head; one that the loop leaves alone does not", () => {
  const b = main();
  const i = b.variable("i");
  const kept = b.variable("kept");
  b.write(i, b.constant(0));
  b.write(kept, b.load(b.context(), 0, 4));
  const head = b.block("head");
  const body = b.block("body");
  const done = b.block("done");
  b.jump(head);
  b.enter(head);
  b.branch({ kind: "ult", a: b.read(i), b: b.read(kept) }, body, done);
  b.enter(body);
  b.write(i, b.binary("add", b.read(i), b.constant(1)));
  b.jump(head);
  b.enter(done);
  b.return(b.read(i));
  assert.deepEqual(printed(b), [
    "main f()",
    "b0 entry:",
    "  v2 = context",
    "  v3 = load4 [v2]",
    "  jump b4",
    "b4 head: <- b0, b5",
    "  v7 = phi 0, v11",
    "  branch ult v7, v3 ? b5 : b6",
    "b5 body: <- b4",
    "  v11 = add v7, 1",
    "  jump b4",
    "b6 done: <- b4",
    "  return v7",
  ]);
});

test("a variable that is read before any write is 0", () => {
  const b = main();
  b.return(b.read(b.variable("x")));
  assert.deepEqual(printed(b), ["main f()", "b0 entry:", "  return 0"]);
});

test("a pointer is refined only inside its null check, and phis of pointers are pointers", () => {
  const b = main();
  const key = b.slot(8, "key");
  b.zero(key, 0, 8);
  const value = b.call(1, [b.map("m"), key]);
  const pointer = b.variable("pointer");
  b.ifNonNull(
    value,
    "mapValue",
    (refined) => b.write(pointer, refined),
    () => b.return(b.constant(0)),
  );
  b.return(b.load(b.read(pointer), 0, 8));
  assert.deepEqual(printed(b), [
    "main f()",
    "b0 entry:",
    "  zero [key:1], 8",
    "  v4 = call map_lookup_elem(&m, key:1)",
    "  branch ne v4, 0 ? b6 : b8 likely",
    "b6 then: <- b0",
    "  v9 = refine v4",
    "  jump b7",
    "b7 join: <- b6",
    "  v10 = load8 [v9]",
    "  return v10",
    "b8 else: <- b0",
    "  return 0",
  ]);
});

test("when both sides end, the builder is left terminated", () => {
  const b = main();
  b.when(
    { kind: "eq", a: b.constant(1), b: b.constant(2) },
    () => b.return(b.constant(1)),
    () => b.return(b.constant(2)),
  );
  assert.equal(b.terminated, true);
  assert.throws(() => b.store(b.slot(8, "s"), 0, 8, b.constant(0)), /has ended already/);
});

test("negative constants wrap to 64 bits and equal constants are one value", () => {
  const b = main();
  assert.equal(b.constant(-1), b.constant(0xffff_ffff_ffff_ffffn));
});

test("a block that does not end is named", () => {
  const b = main();
  const open = b.block("after");
  b.jump(open);
  b.enter(open);
  assert.throws(() => b.finish(), /f: block after \(b1\) does not end/);
});

test("straight lines of ten thousand blocks are no deeper than one", () => {
  const b = main();
  const x = b.variable("x");
  b.write(x, b.load(b.context(), 0, 8));
  for (let index = 0; index < 10_000; index++) {
    const next = b.block("next");
    b.jump(next);
    b.seal(next);
    b.enter(next);
  }
  b.return(b.read(x));
  assert.equal(b.finish().blocks.length, 10_001);
});

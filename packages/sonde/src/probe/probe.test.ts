import assert from "node:assert/strict";
import { test } from "node:test";
import { authoringModule, Declarations, Registry } from "@sonde/compiler/typescript";
import * as probe from "sonde/probe";

test("what editors see is what the builder gives", () => {
  const built = authoringModule(new Registry(), new Declarations());
  assert.deepEqual(Object.keys(probe).sort(), Object.keys(built).sort());
});

test("a monitor that is run like a program is told what to do instead", () => {
  assert.throws(() => probe.monitor("x"), /a monitor is built, not run.*sonde build/);
});

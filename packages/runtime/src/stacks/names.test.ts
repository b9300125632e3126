import assert from "node:assert/strict";
import { test } from "node:test";
import { UserSymbols } from "@sonde/kernel/symbols";
import type { StackValue } from "../decode/value.ts";
import { symbolNames } from "./names.ts";

/** Addresses that no process has code at. */
const UNKNOWN = [0x10n, 0x20n, 0x30n] as const;

const stack: StackValue = {
  kind: "stack",
  id: 7,
  pid: process.pid,
  user: true,
  map: "stacks",
  mode: "bpftrace",
  frames: 2,
};
const names = symbolNames((map, id) => (map === "stacks" && id === 7 ? UNKNOWN : undefined), new UserSymbols());

test("frames are written a line each, in the notation of the mode", () => {
  const cases: readonly { name: string; stack: StackValue; want: string }[] = [
    { name: "bpftrace", stack, want: "\n    0x10\n    0x20\n" },
    { name: "raw", stack: { ...stack, mode: "raw", frames: 127 }, want: "\n    0x10\n    0x20\n    0x30\n" },
    { name: "perf", stack: { ...stack, mode: "perf", frames: 1 }, want: "\n\t10 0x10 ([unknown])\n" },
    { name: "refused by the kernel", stack: { ...stack, id: -14 }, want: "\n" },
    { name: "no longer in the map", stack: { ...stack, id: 8 }, want: "\n" },
  ];
  for (const { name, stack: value, want } of cases) assert.equal(names.stack(value, "    "), want, name);
});

test("an address that belongs to nothing is shown as itself", () => {
  assert.equal(names.symbol({ kind: "symbol", address: 0x10n, user: true, pid: process.pid }), "0x10");
});

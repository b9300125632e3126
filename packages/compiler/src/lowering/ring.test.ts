import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventAction, EventView } from "@sonde/bpf/spec";
import { ringBytes } from "./ring.ts";

const event = (action: EventAction, size: number): EventView => ({ id: 0, size, action, fields: [] });
const exit = event({ kind: "exit" }, 16);
const line = (size: number): EventView => event({ kind: "printf", format: "" }, size);

const cases: readonly (readonly [
  name: string,
  events: readonly EventView[],
  pages: number | undefined,
  want: number,
])[] = [
  ["nothing but exit() needs no room", [exit], undefined, 64 << 10],
  ["small records, room for 65536 of them", [exit, line(8)], undefined, 1 << 20],
  ["the largest record decides", [line(8), line(40)], undefined, 4 << 20],
  ["however large they are", [line(32768)], undefined, 4 << 20],
  ["the script's own word is taken as it is", [line(40)], 3, 4 * 4096],
  ["even when it is much", [exit], 1 << 14, 64 << 20],
];

for (const [name, events, pages, want] of cases) {
  test(name, () => assert.equal(ringBytes(events, pages), want));
}

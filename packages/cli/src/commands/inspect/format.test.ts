import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, costCells, count, holdersText, percent, printable } from "./format.ts";

const table: readonly (readonly [
  name: string,
  format: (value: number) => string,
  cases: readonly (readonly [number, string])[],
])[] = [
  [
    "counts",
    count,
    [
      [0, "0"],
      [0.01, "<0.1"],
      [0.5, "0.5"],
      [12.34, "12.3"],
      [999, "999"],
      [999.6, "1k"],
      [12_345, "12.3k"],
      [4_560_000, "4.56M"],
      [7e15, "7000T"],
    ],
  ],
  [
    "bytes",
    bytes,
    [
      [0, "0 B"],
      [1000, "1000 B"],
      [1024, "1 KiB"],
      [4_223_304, "4 MiB"],
      [426_880, "417 KiB"],
      [1_300, "1.3 KiB"],
    ],
  ],
  [
    "shares",
    percent,
    [
      [0, "0.00%"],
      [0.00001, "<0.01%"],
      [0.0052, "0.52%"],
      [0.123, "12.3%"],
      [1.3, "130%"],
    ],
  ],
];
for (const [name, format, cases] of table) {
  test(`${name} have three digits and a unit`, () => {
    for (const [value, want] of cases) assert.equal(format(value), want);
  });
}

test("a program that did not run has no time for each event", () => {
  assert.deepEqual(costCells(undefined), ["-", "-", "-"]);
  assert.deepEqual(costCells({ eventsPerSecond: 0, nanosecondsPerEvent: undefined, cpu: 0 }), ["0", "-", "0.00%"]);
  assert.deepEqual(costCells({ eventsPerSecond: 1500, nanosecondsPerEvent: 120.4, cpu: 0.00018 }), [
    "1.5k",
    "120",
    "0.02%",
  ]);
});

test("names cannot reach the terminal, nor break a line", () => {
  assert.equal(printable("a\u001b[2Jb\nc\td"), "a\\x1b[2Jb\\nc\\td");
  assert.equal(
    holdersText({ processes: [{ pid: 7, comm: "\u001b]0;x\u0007" }], pins: ["/sys/fs/bpf/a\n"] }),
    "\\x1b]0;x\\x07 7, /sys/fs/bpf/a\\n",
  );
  assert.equal(holdersText({ processes: [], pins: [] }), "-");
});

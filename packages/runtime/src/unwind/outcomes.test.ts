import assert from "node:assert/strict";
import { test } from "node:test";
import { incompleteStacks, type OutcomeCounts } from "./outcomes.ts";

const NONE: OutcomeCounts = { cut: 0, complete: 0, noTables: 0, noRule: 0, unreadable: 0, lost: 0, disturbed: 0 };
const FINE = { withoutRoom: new Set<string>(), unreadable: new Map<string, string>(), failure: undefined };

test("what is incomplete is said with its reason; deep stacks are not", () => {
  const rows = [
    { counts: { ...NONE, cut: 7, complete: 9 }, problems: FINE, want: undefined },
    {
      counts: { ...NONE, complete: 9, noTables: 2, unreadable: 1 },
      problems: FINE,
      want: /^3 of 12 unwound user stacks are incomplete: 2 were taken before .*; 1 reached memory that could not be read\.$/,
    },
    {
      counts: { ...NONE, complete: 1 },
      problems: { withoutRoom: new Set(["/bin/a"]), unreadable: new Map([["/bin/b", "damaged"]]), failure: "ENOMEM" },
      want: /^0 of 1 .*: no more tables were made: ENOMEM; there was no room for all tables of \/bin\/a; the table of \/bin\/b could not be read: damaged\.$/,
    },
  ];
  for (const { counts, problems, want } of rows) {
    const text = incompleteStacks(counts, problems);
    if (want === undefined) assert.equal(text, undefined);
    else assert.match(text ?? "", want);
  }
});

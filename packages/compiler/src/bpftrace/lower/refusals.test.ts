/** What kernels lack is refused at its place in the script, with a way around; what they have is not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TargetFeatures } from "@sonde/bpf/spec";
import { compileScript } from "../../compile.ts";
import { fixtureTarget } from "../testing/target.ts";

interface Case {
  /** The place of the message stands between « and ». */
  readonly source: string;
  readonly without: readonly (keyof TargetFeatures)[];
  readonly code: string;
  readonly message: RegExp;
  readonly hint: RegExp;
}

const CASES: readonly Case[] = [
  {
    source: "BEGIN { @a[1] = 1; for ($kv : «@a») { } }",
    without: ["forEachMapElem", "loop", "lookupPercpu"],
    code: "SND2012",
    message: /Linux 5\.13/,
    hint: /print\(@a\)/,
  },
  {
    source: "BEGIN { $n = pid; «for ($i : 0..$n) { @++; }» }",
    without: ["loop"],
    code: "SND2010",
    message: /at most 10000/,
    hint: /constant bounds/,
  },
  {
    source: "BEGIN { for ($i : 0..200) { «for ($j : 0..200) { @++; }» } }",
    without: ["loop"],
    code: "SND2010",
    message: /at most 10000/,
    hint: /Linux 5\.17/,
  },
  {
    source: "BEGIN { $p = curtask; «while ($p->pid != 0) { $p = $p->real_parent; }» }",
    without: ["loop"],
    code: "SND2010",
    message: /known beforehand/,
    hint: /break/,
  },
  {
    source: "BEGIN { @m = max(5); print(«@m» + 1); }",
    without: ["lookupPercpu"],
    code: "SND2002",
    message: /its own|their own/,
    hint: /Linux 5\.19[^]*every kernel/,
  },
];

for (const { source, without, code, message, hint } of CASES) {
  const text = source.replaceAll(/[«»]/g, "");
  test(`${code} without ${without.join(", ")}: ${source}`, () => {
    const target = fixtureTarget();
    const lacking = Object.fromEntries(without.map((name) => [name, false]));
    const { spec, diagnostics } = compileScript(
      { name: "-e", text },
      { ...target, features: { ...target.features, ...lacking } },
    );
    assert.equal(spec, undefined);
    const [first] = diagnostics;
    assert.ok(first !== undefined);
    const { start, end } = first.span;
    assert.equal(`${text.slice(0, start)}«${text.slice(start, end)}»${text.slice(end)}`, source);
    assert.equal(first.code, code);
    assert.match(first.message, message);
    assert.match(first.hint ?? "", hint);
  });

  test(`compiles with them: ${source}`, () => {
    const { spec, diagnostics } = compileScript({ name: "-e", text }, fixtureTarget());
    assert.ok(spec !== undefined, diagnostics.map((diagnostic) => diagnostic.message).join("; "));
  });
}

test("aggregations that are read are shared by all CPUs where programs reach only their own", () => {
  const target = fixtureTarget();
  const text = "BEGIN { @c = count(); @k[1] = sum(2); @unread = count(); if (@c + @k[1] > 5) { @x = 1; } }";
  const types = (lookupPercpu: boolean): Record<string, string> => {
    const { spec } = compileScript({ name: "-e", text }, { ...target, features: { ...target.features, lookupPercpu } });
    return Object.fromEntries(spec?.maps.map(({ name, type }) => [name, type]) ?? []);
  };
  const { AT_c, AT_k, AT_unread } = types(false);
  assert.deepEqual([AT_c, AT_k, AT_unread], ["array", "hash", "percpu_array"]);
  const plenty = types(true);
  assert.deepEqual(
    [plenty["AT_c"], plenty["AT_k"], plenty["AT_unread"]],
    ["percpu_array", "percpu_hash", "percpu_array"],
  );
});

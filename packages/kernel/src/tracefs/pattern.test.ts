import assert from "node:assert/strict";
import { test } from "node:test";
import { isPattern, patternMatcher } from "./pattern.ts";

test("patterns match whole names", () => {
  const rows = [
    { pattern: "vfs_read", name: "vfs_read", want: true },
    { pattern: "vfs_read", name: "vfs_readv", want: false },
    { pattern: "vfs_*", name: "vfs_", want: true },
    { pattern: "vfs_*", name: "xvfs_read", want: false },
    { pattern: "*read*", name: "do_readv", want: true },
    { pattern: "**read", name: "vfs_read", want: true },
    { pattern: "vfs_rea?", name: "vfs_read", want: true },
    { pattern: "vfs_read?", name: "vfs_read", want: false },
    { pattern: "sys_[rw]*", name: "sys_write", want: true },
    { pattern: "sys_[!rw]*", name: "sys_write", want: false },
    { pattern: "sys_[a-c]lose", name: "sys_close", want: true },
    { pattern: "sys_[]]", name: "sys_]", want: true },
    // What is special to regular expressions is literal in a name.
    { pattern: "a.isra.0*", name: "axisrax0", want: false },
    { pattern: "operator+(*)", name: "operator+(int)", want: true },
    { pattern: "half[open", name: "half[open", want: true },
  ];
  for (const { pattern, name, want } of rows) {
    assert.equal(patternMatcher(pattern)(name), want, `${pattern} on ${name}`);
  }
});

test("only wildcards make a pattern", () => {
  assert.equal(isPattern("sched_switch"), false);
  assert.equal(isPattern("sched_*"), true);
  assert.equal(isPattern("sched_switc?"), true);
  assert.equal(isPattern("[ab]"), true);
});

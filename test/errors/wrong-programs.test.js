// Whatever is wrong with a call: nothing on standard output, one message that says what, the right
// exit status, and nothing left in the kernel.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { files, privileges, usages } from "./calls.js";
import { refusal } from "./refusal.js";
import { names, probes, syntax, types } from "./scripts.js";

/** Two at a time. */
const options = { concurrency: 2 };

for (const [group, scripts] of Object.entries({ syntax, probes, names, types })) {
  describe(`wrong scripts: ${group}`, options, () => {
    for (const { name, script, says, at, help } of scripts) {
      test(name, async () => {
        const { status, stdout, stderr, left } = await refusal(["trace", "-e", script]);
        assert.ok(stderr.includes(says), `expected "${says}" in:\n${stderr}`);
        if (at !== undefined) assert.ok(stderr.includes(`\n  --> -e:${at}\n`), `expected ${at} in:\n${stderr}`);
        if (help !== undefined) assert.ok(stderr.includes(help), `expected "${help}" in:\n${stderr}`);
        assertRefused({ status, stdout, stderr, left }, 1);
      });
    }
  });
}

for (const [group, calls] of Object.entries({ usages, files, privileges })) {
  describe(`wrong calls: ${group}`, options, () => {
    for (const { name, words, says, status, ...how } of calls) {
      test(name, async () => {
        const outcome = await refusal(words, how);
        assert.match(outcome.stderr, says);
        assertRefused(outcome, status);
      });
    }
  });
}

/** @param {Awaited<ReturnType<typeof refusal>>} outcome @param {1 | 2} status */
function assertRefused(outcome, status) {
  assert.equal(outcome.stdout, "");
  assert.equal(outcome.status, status, outcome.stderr);
  assert.deepEqual(outcome.left, []);
  // No stack trace, nothing but text, and not more than a person reads.
  assert.doesNotMatch(outcome.stderr, /\n\s+at \w+ \(|node:internal/);
  assert.doesNotMatch(outcome.stderr, /[^\P{Cc}\n\t]/u);
  assert.ok(outcome.stderr.length < 8000, `${outcome.stderr.length} characters`);
}

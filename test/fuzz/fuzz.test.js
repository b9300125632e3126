// The short form of npm run fuzz.
import assert from "node:assert/strict";
import { test } from "node:test";
import { campaign, MOST_MEMORY } from "./campaign.js";
import { inputsFor } from "./plan.js";
import { makeSamples } from "./samples.js";

test("damaged objects, types and scripts are read, or refused by a typed error", async () => {
  const { findings, peak } = await campaign(makeSamples(), { seed: 20_000, from: 0, to: inputsFor(5000) });
  assert.deepEqual(findings, []);
  assert.ok(peak <= MOST_MEMORY, `${peak.toFixed(0)} MB`);
});

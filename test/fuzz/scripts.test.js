// Random scripts mean the same with all passes and with none, on the kernel and in the VM; whatever the
// checker accepts, the verifier does. SONDE_SCRIPTS sets how many, SONDE_SCRIPTS_SEED where to begin.
import assert from "node:assert/strict";
import { kernelTest } from "../../packages/kernel/dist/testing/kernel-test.js";
import { tryScript } from "./scripts/agree.js";

const count = Number(process.env["SONDE_SCRIPTS"] ?? 120);
const from = Number(process.env["SONDE_SCRIPTS_SEED"] ?? 1);

/** Milliseconds between words on how far a long run is. */
const EVERY = 10_000;

kernelTest(`${count} random scripts agree with themselves`, { timeout: 60_000 + count * 1000 }, () => {
  const findings = [];
  let untried = 0;
  const started = performance.now();
  let told = started;
  for (let seed = from; seed < from + count; seed++) {
    const { kind, script, problem } = tryScript(seed);
    if (kind === "refused" || kind === "complex") untried++;
    if (kind === "different") findings.push(`script ${seed}:\n${script}\n${problem}`);
    if (findings.length > 4) break;
    if (performance.now() - told < EVERY) continue;
    told = performance.now();
    const seconds = Math.round((told - started) / 1000);
    process.stderr.write(`${seed - from + 1} of ${count} scripts in ${seconds} s, ${findings.length} findings\n`);
  }
  assert.deepEqual(findings, []);
  // A constant divisor that is 0 is refused rightly; more than a few would mean that little is tried.
  assert.ok(untried <= count / 20, `${untried} of ${count} scripts could not be tried`);
});

import assert from "node:assert/strict";
import { openKernel } from "../../sys/linux.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { VerifierError } from "../verifier-error.ts";
import { hints } from "./hints.ts";
import { refuse } from "./testing/refuse.ts";
import { refusedPrograms } from "./testing/refused-programs.ts";
import { withoutCapabilities } from "./testing/capabilities.ts";

const kernel = openKernel();

for (const program of refusedPrograms()) {
  kernelTest(`the kernel refuses ${program.name}, and the hint fits`, () => {
    const error = program.unprivileged
      ? withoutCapabilities(["sys_admin", "perfmon"], () => refuse(kernel, program))
      : refuse(kernel, program);
    assert.ok(error instanceof VerifierError, `not refused by the verifier: ${String(error)}`);
    assert.equal(error.hint, program.hint, error.message);
    assert.match(error.message, /\n[A-Z][^\n]*\.$/);
    assert.equal(error.log.includes(error.reason.split("\n")[0]!), true);
    assert.notEqual(error.verdict.statistics, undefined);
    if (program.at !== undefined) assert.equal(error.source?.text.startsWith(program.at), true, error.message);
  });
}

kernelTest("every hint has a program that proves it", () => {
  const proven = new Set(refusedPrograms().map(({ hint }) => hint));
  assert.deepEqual(
    hints().flatMap(({ id }) => (proven.has(id) ? [] : [id])),
    [],
  );
});

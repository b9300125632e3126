/** For tests: what the kernel does a moment later than the call that made it. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 3000;

/** The count becomes `want`, and stays so. */
export async function settlesAt(counter: { readonly count: number }, want: number, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (counter.count < want && Date.now() < end) await sleep(5);
  await sleep(10);
  assert.equal(counter.count, want, what);
}

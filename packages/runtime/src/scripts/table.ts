/** Tables of scripts whose output is known. */
import assert from "node:assert/strict";
import { kernelTest, type KernelFeature } from "@sonde/kernel/testing";
import { runScript } from "./run-script.ts";

/** `script` is the body of BEGIN, which ends the session; before it stands `before`. */
export interface Computed {
  readonly name: string;
  readonly script: string;
  readonly want: string;
  readonly before?: string;
  readonly needs?: readonly KernelFeature[];
}

/** One test for each row: what BEGIN prints is all that is printed. */
export function computed(rows: readonly Computed[]): void {
  for (const { name, script, want, before = "", needs = [] } of rows) {
    kernelTest(name, { needs }, async () => {
      const { output } = await runScript(
        `config = { print_maps_on_exit = 0 } ${before} BEGIN { ${script} exit(); printf("not reached"); }`,
      );
      assert.equal(output.trimEnd(), want);
    });
  }
}

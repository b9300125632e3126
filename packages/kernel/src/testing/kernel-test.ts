/**
 * Tests on a live kernel. They are skipped only for an unsupported feature, and only on a kernel
 * that is entitled to lack it; anywhere else a missing feature is a failure.
 */
import { test, type TestContext } from "node:test";
import { UnsupportedFeatureError } from "../sys/errors.ts";
import { isOlder, reasonToLack, runningKernel, type KernelFacts, type KernelFeature } from "./kernel-features.ts";

export type { KernelFeature } from "./kernel-features.ts";

export interface KernelTestOptions {
  /** What the test cannot do without. */
  readonly needs?: readonly KernelFeature[];
  /** Milliseconds. */
  readonly timeout?: number;
}

/**
 * Declares a test that needs root and a live kernel, for a file named `*.kernel.test.ts`.
 *
 *     kernelTest("counts every read", { needs: ["fentry"] }, async () => { ... });
 *
 * A need that the kernel rightly lacks skips the test without running it.
 * @param run the test; an {@link UnsupportedFeatureError} that it throws skips it on a kernel older
 *   than the error's `since`, and is a failure on any other
 */
export function kernelTest(name: string, run: TestBody): void;
export function kernelTest(name: string, options: KernelTestOptions, run: TestBody): void;
export function kernelTest(name: string, ...rest: [TestBody] | [KernelTestOptions, TestBody]): void {
  const [options, run] = rest.length === 1 ? [{}, rest[0]] : rest;
  void test(name, { timeout: options.timeout ?? 120_000 }, async (context) => {
    await runOrSkip(context, options.needs ?? [], runningKernel(), run);
  });
}

export type TestBody = (context: TestContext) => void | Promise<void>;

/** The rule of {@link kernelTest}, apart from node:test and from the kernel that runs. */
export async function runOrSkip<Context extends { skip(reason?: string): void }>(
  context: Context,
  needs: readonly KernelFeature[],
  kernel: KernelFacts,
  run: (context: Context) => void | Promise<void>,
): Promise<void> {
  for (const feature of needs) {
    const reason = reasonToLack(feature, kernel);
    if (reason !== undefined) return context.skip(reason);
  }
  try {
    await run(context);
  } catch (error) {
    if (!(error instanceof UnsupportedFeatureError)) throw error;
    if (error.since !== undefined && isOlder(kernel, error.since)) {
      return context.skip(
        `unsupported feature ${error.feature}: needs Linux ${error.since}; this is ${kernel.release}`,
      );
    }
    const served = needs.length === 0 ? "the test names no feature that it needs" : `it has ${needs.join(", ")}`;
    throw new Error(`no reason to skip on ${kernel.release} (${served}): ${error.message}`, { cause: error });
  }
}

// The kernel tests inside a guest, and the scenarios that kernels may answer differently: it boots
// once and runs them all, one file at a time.
import { packageTests, checkStatus, resultReader, testArguments } from "./node-tests.js";
import { buildObjects } from "../../test/monitors/portable/objects.js";
import { quote, runInGuest } from "../../test/vm/guest.js";

/** Monitors that are built here and run there. */
export const portableTest = "test/monitors/portable/objects.test.js";

const scenarios = [
  "test/scenarios/count.test.js",
  "test/scenarios/functions.test.js",
  "test/monitors/functions.test.js",
  portableTest,
];

/** Tests named so need programs that the guests' small root lacks. */
const onHostOnly = /\.host\.kernel\.test\.js$/;

/**
 * A stage that runs every kernel test on one of Debian's kernels.
 * @param {string} name
 * @param {readonly string[]} [files] instead of all of them
 * @returns {(deadline: number) => Promise<import("./test-reporter.js").TestResult[]>}
 */
export function guestTests(
  name,
  files = [...packageTests("kernel").filter((file) => !onHostOnly.test(file)), ...scenarios],
) {
  return async (deadline) => {
    if (files.includes(portableTest)) await buildObjects();
    const reader = resultReader();
    // Emulation makes Node.js some ten times slower, so one file gets more time than on the host.
    const words = ["node", ...testArguments(files, { concurrency: 1, timeout: 300 })];
    const timeout = Math.floor((deadline - Date.now()) / 1000);
    const status = await runInGuest(name, quote(words), { timeout, onStdout: reader.push });
    checkStatus(reader.results, status);
    return reader.results;
  };
}

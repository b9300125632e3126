// A reporter for `node --test`: one line of JSON for each test that ended, so that results from
// this machine and from guests are read the same way.
import { inspect } from "node:util";

/**
 * @typedef {object} TestResult
 * @property {string} file
 * @property {string} name
 * @property {"pass" | "fail" | "skip" | "todo"} outcome
 * @property {string} detail the failure as text, or the reason of a skip
 * @property {number} milliseconds
 */

/** @param {import("node:test").TestsStream} events @returns {AsyncGenerator<string>} */
export default async function* report(events) {
  /** What a file wrote to its error stream, which tells why it failed as a whole. @type {Map<string, string>} */
  const errors = new Map();
  for await (const event of events) {
    if (event.type === "test:stderr") {
      const { file, message } = event.data;
      errors.set(file ?? "", ((errors.get(file ?? "") ?? "") + message).slice(-4000));
    }
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { data } = event;
    const failed = event.type === "test:fail";
    if (data.details.type === "suite" && !failed) continue; // counted by its tests
    const error = failed ? event.data.details.error : undefined;
    // A test that failed only through tests inside it adds nothing to what they said.
    if (error?.failureType === "subtestsFailed") continue;
    const wholeFile = data.name === data.file;
    /** @type {TestResult} */
    const result = {
      file: data.file ?? "",
      name: data.name,
      outcome: failed ? "fail" : outcomeOf(data),
      detail: failed ? describe(error) + (wholeFile ? `\n${errors.get(data.file ?? "") ?? ""}` : "") : reasonOf(data),
      milliseconds: Math.round(data.details.duration_ms),
    };
    yield `${JSON.stringify(result)}\n`;
  }
}

/** @param {{ skip?: string | boolean, todo?: string | boolean }} data */
function outcomeOf(data) {
  if (data.skip !== undefined && data.skip !== false) return "skip";
  return data.todo !== undefined && data.todo !== false ? "todo" : "pass";
}

/** @param {{ skip?: string | boolean }} data */
function reasonOf(data) {
  return typeof data.skip === "string" ? data.skip : "";
}

/** @param {(Error & { cause?: unknown }) | undefined} error */
function describe(error) {
  const cause = error?.cause ?? error;
  if (!(cause instanceof Error)) return inspect(cause);
  return (cause.stack ?? cause.message).replaceAll(/\n +at .*node:internal.*/g, "");
}

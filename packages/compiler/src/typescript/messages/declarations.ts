/** What is wrong with what a module declares while it is built. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

export const badArgument: M<readonly [call: string, problem: string, hint: string | undefined]> = {
  code: "SND3201",
  severity: "error",
  text: (call, problem) => `${call}: ${problem}`,
  hint: (_, __, hint) => hint,
};
export const twice: M<readonly [what: string, name: string]> = {
  code: "SND3202",
  severity: "error",
  text: (what, name) => `there is already a ${what} named ${name}`,
  hint: () => "give one of the two another name",
};
export const noMonitor: M = {
  code: "SND3203",
  severity: "error",
  text: () => "the module declares no monitor",
  hint: () => 'begin with monitor("name", { help: "what it shows" })',
};
export const noProbes: M = {
  code: "SND3204",
  severity: "error",
  text: () => "the monitor has no probe, so nothing would ever run",
  hint: () => 'for instance tracepoint("sched:sched_process_exec", () => { ... })',
};
export const noTypes: M<readonly [call: string, example: string]> = {
  code: "SND3205",
  severity: "error",
  text: (call) => `${call}() does not say what it holds`,
  hint: (_, example) => `write the types: ${example}`,
};
export const notAHandler: M<readonly [what: string]> = {
  code: "SND3206",
  severity: "error",
  text: (what) => `${what} is not a function of the monitor's own modules, so there is no source to compile`,
  hint: () => "write the handler here, or in a module that is imported by its path",
};
export const buildFailed: M<readonly [reason: string]> = {
  code: "SND3207",
  severity: "error",
  text: (reason) => `the module failed while it was built: ${reason}`,
};
export const noModule: M<readonly [specifier: string, reason: string]> = {
  code: "SND3208",
  severity: "error",
  text: (specifier, reason) => `cannot import ${specifier}: ${reason}`,
};

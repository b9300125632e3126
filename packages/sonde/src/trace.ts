/** The tracing language from TypeScript: scripts as objects, and sessions that print what they find. */
import { compileScript, render } from "@sonde/compiler";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { runningTarget } from "@sonde/kernel/target";

export { Session, startSession } from "@sonde/runtime";
export type { Outcome, SessionOptions, Sink, StartOptions } from "@sonde/runtime";

/** A script that cannot be compiled for this kernel; the message shows the places. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
}

/**
 * Compile a script of the bpftrace language for the running kernel.
 *
 *     using live = loadObject(compile('tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'));
 *
 * @throws {ScriptError}
 */
export function compile(text: string, params: readonly string[] = []): ObjectSpec {
  const { spec, diagnostics, source } = compileScript({ name: "script", text }, runningTarget(), { params });
  if (spec !== undefined) return spec;
  throw new ScriptError(diagnostics.map((diagnostic) => render(diagnostic, source)).join(""));
}

/** Runs scripts on the live kernel, for tests. */
import { compileScript, render, type ScriptOptions } from "@sonde/compiler";
import type { ObjectSpec, Target } from "@sonde/bpf/spec";
import { runningTarget } from "@sonde/kernel/target";
import type { Output } from "../output/output.ts";
import { startChild } from "../processes/child.ts";
import { startSession } from "../session/start.ts";
import type { Outcome } from "../session/session.ts";

let target: Target | undefined;

/** The running kernel, opened once for all of a file's tests. */
export function testTarget(): Target {
  return (target ??= runningTarget());
}

/** Throws with the diagnostics if there is an error. */
export function compile(text: string, options: ScriptOptions = {}): ObjectSpec {
  const { spec, diagnostics, source } = compileScript({ name: "-e", text }, testTarget(), options);
  if (spec === undefined)
    throw new Error(diagnostics.map((diagnostic) => render(diagnostic, source, { color: false })).join("\n"));
  return spec;
}

/** What a script printed until its end, or until the end of `command`. */
export async function runScript(
  text: string,
  command?: string,
  options: ScriptOptions & { readonly change?: (spec: ObjectSpec) => ObjectSpec } = {},
): Promise<{ readonly output: string; readonly diagnostics: string; readonly outcome: Outcome }> {
  const child = command === undefined ? undefined : startChild(command);
  let spec: ObjectSpec;
  try {
    spec = compile(text, { ...options, ...(child && { cpid: child.pid }) });
    if (options.change !== undefined) spec = options.change(spec);
  } catch (error) {
    child?.terminate();
    throw error;
  }
  let written = "";
  let diagnostics = "";
  const output: Output = {
    backlog: 0,
    closed: false,
    write: (part) => void (written += part),
    send: () => undefined,
    flush: () => Promise.resolve(),
  };
  const session = await startSession(spec, {
    ...(options.mode !== undefined && { mode: options.mode }),
    vmlinux: () => testTarget().btf,
    output,
    diagnose: (part) => void (diagnostics += part),
    ...(child && { child }),
  });
  return { outcome: await session.ended, output: written, diagnostics };
}

import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { Btf } from "@sonde/bpf/btf";
import type { ObjectSpec, Target } from "@sonde/bpf/spec";
import {
  compileScript,
  environmentSettings,
  type Diagnostic,
  type ScriptOptions,
  type SourceText,
} from "@sonde/compiler";
import type { VerifierError } from "@sonde/kernel/programs";
import { type Kernel, openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { type Buffering, type Child, descriptorOutput, type Outcome, startSession } from "@sonde/runtime";
import { type ParsedArguments, UsageError } from "../command.ts";
import { FileError } from "../files.ts";
import { filterOf } from "../filter-options.ts";
import { isSeen, say } from "../output/say.ts";
import { importReader } from "../imports.ts";
import { readScript } from "../script.ts";
import type { FilteredObject } from "../task-filter.ts";
import { endOnSignals } from "./signals.ts";

/** `sonde trace`. */
export async function run(args: ParsedArguments): Promise<number> {
  try {
    return await trace(args);
  } catch (error) {
    if (error instanceof Error && error.name === "VerifierError") tellVerifierLog(error as VerifierError, args);
    throw error;
  }
}

async function trace(args: ParsedArguments): Promise<number> {
  const other = await otherThanRunning(args);
  if (other !== undefined) return other;
  const script = readScript(args);
  if (args.flag("fmt") || args.value("mode") === "format")
    return (await import("./trace-format.ts")).format(script.source);
  const pid = processId(args.value("pid"));
  const kernel = openKernel();
  const target = runningTarget({ kernel });
  const child = await commandOf(args);
  try {
    const options: ScriptOptions = {
      params: script.params,
      imports: importReader(script.file),
      named: script.named,
      config: environmentSettings(process.env),
      unsafe: args.flag("unsafe"),
      helperErrors: args.flag("helper-errors"),
      mode: modeOf(args),
      ...probeFilter(args),
      ...(pid !== undefined && { pid }),
      ...(child && { cpid: child.pid }),
    };
    const stage = args.value("dump");
    if (stage !== undefined)
      return await (await import("./trace-dump.ts")).dump(stage, script.source, target, options, kernel);
    const compiled = compileScript(script.source, target, options);
    await showDiagnostics(compiled.diagnostics, compiled.source, args.flag("quiet") || args.flag("no-warnings"));
    if (compiled.spec === undefined) return 1;
    if (args.flag("verbose")) for (const remark of compiled.remarks) say(`${remark}\n`);
    const elf = args.value("emit-elf");
    if (elf !== undefined) return (await import("./trace-elf.ts")).writeElf(compiled.spec, elf);
    endAtOnce(kernel);
    const object = await chosenTasks(compiled.spec, args, pid, script.source, kernel, target);
    try {
      return await runObject(object, args, pid, kernel, target, child);
    } finally {
      object.close();
    }
  } finally {
    child?.terminate();
  }
}

/** What the options ask for beside a script's run; undefined if nothing. */
async function otherThanRunning(args: ParsedArguments): Promise<number | undefined> {
  if (args.flag("version")) {
    process.stdout.write(`sonde ${(await import("../version.ts")).VERSION}\n`);
    return 0;
  }
  if (args.flag("info")) return (await import("./trace-info.ts")).info();
  if (!args.flag("list")) return undefined;
  const { run: list } = await import("./list.ts");
  const pattern = args.value("execute");
  return await list(pattern === undefined ? args : { ...args, words: [pattern] });
}

/** The process of -c, which waits until it is released. A command's own output must not run into the data: it has standard output only if the data does not. */
async function commandOf(args: ParsedArguments): Promise<Child | undefined> {
  const command = args.value("command");
  if (command === undefined) return undefined;
  const stdout = args.value("output") === undefined ? 2 : 1;
  return (await import("@sonde/runtime/processes")).startChild(command, { stdout });
}

function modeOf(args: ParsedArguments): "run" | "test" | "bench" {
  const mode = args.value("mode");
  if (args.flag("test") || mode === "test") return "test";
  return args.flag("bench") || mode === "bench" ? "bench" : "run";
}

function probeFilter(args: ParsedArguments): { readonly probeFilter?: string } {
  const text = args.value("probe-filter");
  if (text === undefined) return {};
  try {
    void new RegExp(text);
  } catch (error) {
    throw new UsageError(`--probe-filter takes a regular expression: ${(error as Error).message}`);
  }
  return { probeFilter: text };
}

async function runObject(
  { spec, maps }: FilteredObject,
  args: ParsedArguments,
  pid: number | undefined,
  kernel: Kernel,
  target: Target,
  child: Child | undefined,
): Promise<number> {
  const file = args.value("output");
  const fd = file === undefined ? 1 : openOutput(file);
  try {
    const starting = startSession(spec, {
      kernel,
      maps,
      vmlinux: () => target.btf,
      format: (args.value("format") ?? "text") as "text" | "json",
      output: descriptorOutput(fd, (args.value("buffering") ?? "line") as Buffering),
      quiet: args.flag("quiet"),
      verbose: args.flag("verbose"),
      warnings: !args.flag("no-warnings"),
      dryRun: args.flag("dry-run") || args.value("mode") === "codegen" || args.value("mode") === "compiler-bench",
      mode: modeOf(args),
      ...(child === undefined ? {} : { child }),
      ...(pid === undefined ? {} : { pid }),
    });
    endOnSignals(starting);
    const session = await starting;
    if (args.flag("verbose")) for (const link of session.links) say(`${link.description}: attached by ${link.road}\n`);
    return exitStatus(await session.ended, args);
  } finally {
    if (fd !== 1) closeSync(fd);
  }
}

/**
 * The object for those tasks that the options name. Where it asks for cgroups' ids it gets those of the tree
 * that containers live in, unless it compares them with ids of paths, which say themselves what tree they mean.
 */
async function chosenTasks(
  spec: ObjectSpec,
  args: ParsedArguments,
  pid: number | undefined,
  { text }: SourceText,
  kernel: Kernel,
  target: Target,
): Promise<FilteredObject> {
  const vmlinux = (): Btf | undefined => target.btf;
  const filter = filterOf(args, pid);
  if (filter === undefined) {
    const asked = text.includes("cgroup") && !text.includes("cgroupid");
    const changed = asked ? (await import("@sonde/runtime/cgroups")).withCgroupIds(spec, vmlinux) : spec;
    return { spec: changed, maps: {}, admitted: undefined, decoders: {}, close: () => {} };
  }
  const { filteredObject } = await import("../task-filter.ts");
  const object = filteredObject(spec, filter, kernel, target);
  if (object.admitted === 0 && !args.flag("quiet"))
    say("No such container, pod or cgroup is there yet: waiting for it.\n");
  return object;
}

function openOutput(file: string): number {
  try {
    return openSync(file, "w");
  } catch (error) {
    // A file that is missing would be made: then it is its directory that there is none.
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new FileError(
      "cannot write the output",
      file,
      error,
      missing ? `there is no directory ${dirname(file)}` : undefined,
    );
  }
}

function processId(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const pid = Number(text);
  if (!/^\d+$/.test(text) || pid < 1 || pid > 0x7fffffff)
    throw new UsageError(`--pid takes a process id, not '${text}'`);
  return pid;
}

function isColoured(): boolean {
  const choice = process.env["BPFTRACE_COLOR"];
  return choice === "always" || (choice !== "never" && isSeen());
}

/** Errors, and unless `quiet` warnings, on standard error. */
export async function showDiagnostics(
  diagnostics: readonly Diagnostic[],
  source: SourceText,
  quiet: boolean,
): Promise<void> {
  const shown = diagnostics.filter((d) => d.severity === "error" || !quiet);
  if (shown.length === 0) return;
  const { render } = await import("@sonde/compiler/diagnostics");
  for (const diagnostic of shown) say(render(diagnostic, source, { color: isColoured() }));
}

/** The whole log is for those who want to know how the verifier came to its reason. */
function tellVerifierLog({ log }: VerifierError, args: ParsedArguments): void {
  say(args.flag("verbose") ? `${log}\n` : "The verifier refused a program; -v shows its whole log.\n");
}

/**
 * When the process ends, everything has been written and closed, and to take Node.js's heap and threads
 * apart costs another millisecond. Profilers of Node.js need its own end; unbundled, they get it.
 */
function endAtOnce(kernel: Kernel): void {
  if (process.env["SONDE_UNBUNDLED"] === undefined) process.once("exit", (status) => kernel.exit(status));
}

function exitStatus(outcome: Outcome, args: ParsedArguments): number {
  const { child } = outcome;
  if (child === undefined || outcome.reason !== "child") return outcome.exitCode;
  if (args.flag("pass-status")) return child.status;
  if (child.status !== 0 && !args.flag("quiet")) {
    const how = child.signal === undefined ? `status ${child.status}` : `signal ${child.signal}`;
    say(`The command ended with ${how}.\n`);
  }
  return outcome.exitCode;
}

/** A session for a person or a script at a terminal: sinks, output and processes made from plain options. */
import { writeSync } from "node:fs";
import type { DataType, Manifest, ObjectSpec } from "@sonde/bpf/spec";
import type { Vmlinux } from "@sonde/kernel/programs";
import { openKernel } from "@sonde/kernel/sys";
import type { Kernel } from "@sonde/kernel/sys";
import { descriptorOutput } from "../output/output.ts";
import type { Output } from "../output/output.ts";
import { addressesOnly } from "../print/names.ts";
import type { Names } from "../print/names.ts";
import type { Sink } from "../print/sink.ts";
import type { Child } from "../processes/child.ts";
import type { StackReader } from "../stacks/names.ts";
import { Session, type SessionOptions } from "./session.ts";
import type { Commands } from "./events.ts";

export interface StartOptions {
  readonly kernel?: Kernel;
  /** The running kernel's types; asked for only if a program needs them. */
  readonly vmlinux: Vmlinux;
  readonly format?: "text" | "json";
  /** Instead of text or JSON in bpftrace's manner. */
  readonly makeSink?: (options: SinkOptions) => Sink;
  /** Where data goes; standard output unless given. */
  readonly output?: Output;
  /** Where diagnostics go, whole lines; standard error unless given. */
  readonly diagnose?: (text: string) => void;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** False: neither warnf() nor our own warnings. */
  readonly warnings?: boolean;
  /** A command's process that waits; it is asked to end if the session cannot start. */
  readonly child?: Child;
  /** Ends the session when this process ends. */
  readonly pid?: number;
  /** As in SessionOptions. */
  readonly dryRun?: boolean;
  readonly mode?: "run" | "test" | "bench";
  readonly printMapsOnExit?: boolean;
  readonly maps?: SessionOptions["maps"];
}

export interface SinkOptions {
  readonly write: (text: string) => void;
  readonly diagnose: (text: string) => void;
  readonly names: Names;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Harnesses written for bpftrace set this variable, and wait for its name on the output. */
const NOTIFY = "__BPFTRACE_NOTIFY_PROBES_ATTACHED";

/** Errors: those of {@link Session.start}; Error when there is no process `pid`. */
export async function startSession(spec: ObjectSpec, options: StartOptions): Promise<Session> {
  const { vmlinux, format = "text", child, pid, printMapsOnExit } = options;
  const output = options.output ?? descriptorOutput(1);
  const diagnose = options.diagnose ?? ((text) => void writeSync(2, text));
  try {
    const makeNames = await namesFor(spec.manifest);
    const makeSink =
      options.makeSink ??
      (format === "json"
        ? (await import("../print/json-sink.ts")).jsonSink
        : (await import("../print/text-sink.ts")).textSink);
    const sink = (readStack: StackReader): Sink =>
      makeSink({
        write: (text) => output.write(text),
        writeLine: output.line && ((line, source, offset) => output.line?.(line, source, offset)),
        diagnose,
        names: makeNames(readStack),
        quiet: options.quiet ?? false,
        warnings: options.warnings ?? true,
        verbose: options.verbose ?? false,
      });
    const clock = await clockFor(spec.manifest);
    if (spec.manifest.config.tracePipe === true) await openTracePipe(options.kernel ?? openKernel());
    const commands = await commandsFor(spec.manifest);
    const watched = pid === undefined ? undefined : (await import("../processes/watched.ts")).watchProcess(pid);
    return await Session.start(spec, {
      kernel: options.kernel ?? openKernel(),
      vmlinux,
      sink,
      output,
      onAttached: () => {
        if (process.env[NOTIFY] !== undefined) output.write(`${NOTIFY}\n`);
      },
      ...(child && { child }),
      ...(watched && { process: watched }),
      ...(options.dryRun !== undefined && { dryRun: options.dryRun }),
      ...(options.mode !== undefined && { mode: options.mode }),
      ...(printMapsOnExit !== undefined && { printMapsOnExit }),
      ...(clock && { clock }),
      ...(options.maps && { maps: options.maps }),
      ...(commands && { commands }),
    });
  } catch (error) {
    child?.terminate();
    throw error;
  }
}

/**
 * The kernel turns the trace event of bpf_trace_printk on when it first loads a program that calls it, but
 * not at once: what programs write until then is lost. Where this may not be done, that is all that is lost.
 */
async function openTracePipe(kernel: Kernel): Promise<void> {
  const [{ openTracefs }, { writeFileSync }] = await Promise.all([import("@sonde/kernel/tracefs"), import("node:fs")]);
  try {
    writeFileSync(`${openTracefs(kernel)}/events/bpf_trace/bpf_trace_printk/enable`, "1");
  } catch {
    // Kernels before 5.9 have no such event, and write in any case.
  }
}

/** Only objects with stacks or symbols need the code that reads symbol tables. */
async function namesFor(manifest: Manifest): Promise<(readStack: StackReader) => Names> {
  const fields = [...manifest.maps.flatMap(({ keys }) => keys), ...manifest.events.flatMap((event) => event.fields)];
  const scalars = manifest.maps.flatMap(({ value }) => (value.kind === "scalar" ? [value.type] : []));
  const named = [...fields.map(({ type }) => type), ...scalars].some(isNamed);
  if (!named) return () => addressesOnly;
  const { symbolNames } = await import("../stacks/names.ts");
  return (readStack) => symbolNames(readStack, manifest.config);
}

function isNamed(type: DataType): boolean {
  switch (type.kind) {
    case "stack":
    case "symbol":
      return true;
    case "tuple":
    case "record":
      return type.fields.some((field) => isNamed(field.type));
    case "array":
      return isNamed(type.element);
    default:
      return false;
  }
}

async function commandsFor(manifest: Manifest): Promise<Commands | undefined> {
  if (!manifest.events.some(({ action }) => action.kind === "cat" || action.kind === "system")) return undefined;
  return (await import("./commands.ts")).commandRunner(manifest.config.catBytes);
}

async function clockFor(manifest: Manifest): Promise<((format: string) => string) | undefined> {
  if (!manifest.events.some(({ action }) => action.kind === "time")) return undefined;
  const { strftime } = await import("../format/strftime.ts");
  return (format) => strftime(format, new Date());
}

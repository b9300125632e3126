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
  let naming: Naming | undefined;
  try {
    const kernel = options.kernel ?? openKernel();
    const { names, close } = (naming = await namingOf(spec.manifest, kernel));
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
        names: names(readStack),
        quiet: options.quiet ?? false,
        warnings: options.warnings ?? true,
        verbose: options.verbose ?? false,
      });
    const clock = await clockFor(spec.manifest);
    if (spec.manifest.config.tracePipe === true) await openTracePipe(kernel);
    const commands = await commandsFor(spec.manifest);
    const watched = pid === undefined ? undefined : (await import("../processes/watched.ts")).watchProcess(pid);
    const session = await Session.start(spec, {
      kernel,
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
    void session.ended.then(close, close);
    return session;
  } catch (error) {
    naming?.close();
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

interface Naming {
  readonly names: (readStack: StackReader) => Names;
  readonly close: () => void;
}

/** Only objects with stacks or symbols need the code that reads symbol tables; only those of processes follow these. */
async function namingOf(manifest: Manifest, kernel: Kernel): Promise<Naming> {
  const fields = [...manifest.maps.flatMap(({ keys }) => keys), ...manifest.events.flatMap((event) => event.fields)];
  const scalars = manifest.maps.flatMap(({ value }) => (value.kind === "scalar" ? [value.type] : []));
  const named = [...fields.map(({ type }) => type), ...scalars].flatMap(namedIn);
  if (named.length === 0) return { names: () => addressesOnly, close: () => {} };
  const { followedProcesses, symbolNames } = await import("../stacks/names.ts");
  const { UserSymbols } = await import("@sonde/kernel/symbols");
  const users = named.some(({ user }) => user) ? followedProcesses(kernel) : new UserSymbols();
  return { names: (readStack) => symbolNames(readStack, users, manifest.config), close: () => users.close() };
}

type Named = DataType & { readonly kind: "stack" | "symbol" };

/** Stacks and symbols in a type. */
function namedIn(type: DataType): readonly Named[] {
  switch (type.kind) {
    case "stack":
    case "symbol":
      return [type];
    case "tuple":
    case "record":
      return type.fields.flatMap((field) => namedIn(field.type));
    case "array":
      return namedIn(type.element);
    default:
      return [];
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

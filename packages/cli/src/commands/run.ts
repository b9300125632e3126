import type { Btf } from "@sonde/bpf/btf";
import type { MonitorView, ObjectSpec, Target } from "@sonde/bpf/spec";
import { type Kernel, openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { descriptorOutput, type Session, type Sink, startSession } from "@sonde/runtime";
import { FilterError } from "@sonde/runtime/filter";
import { withParams } from "@sonde/runtime/params";
import { startChild } from "@sonde/runtime/processes";
import { columnWriter, ConditionError, jsonWriter, MonitorSink, type MonitorWriter } from "@sonde/runtime/terminal";
import { parseArguments } from "../arguments.ts";
import { type Command, type ParsedArguments, UsageError } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { commandHelp } from "../help.ts";
import { filterOf } from "../filter-options.ts";
import { print, say } from "../output/say.ts";
import { table } from "../output/table.ts";
import { type FilteredObject, filteredObject } from "../task-filter.ts";
import { findMonitor, listMonitors, type MonitorFile } from "./run/monitor-file.ts";
import { monitorOptions, parameterOption, parameterValues } from "./run/parameters.ts";
import { RUN_OPTIONS } from "./run/options.ts";
import { endOnSignals } from "./signals.ts";

/** `sonde run`. */
export async function run(outer: ParsedArguments): Promise<number> {
  const [word, ...rest] = outer.words;
  if (outer.flag("list")) return list();
  if (word === undefined) throw new UsageError("name a monitor; 'sonde run --list' shows those that come with Sonde");
  const monitor = findMonitor(word);
  const kernel = openKernel();
  const target = runningTarget({ kernel });
  const spec = await monitor.compile(target);
  if (spec === undefined) return 1;
  const command = commandOf(monitor, spec);
  const args = merged(outer, parseArguments(command, rest));
  if (args.flag("help")) {
    print(commandHelp(command));
    return 0;
  }
  const values = parameterValues(spec.manifest.monitor!, args, RUN_OPTIONS);
  const vmlinux = (): Btf | undefined => target.btf;
  const object = chosenTasks(withParams(spec, values), args, kernel, target);
  try {
    return await show(object, args, kernel, vmlinux);
  } finally {
    object.close();
  }
}

function list(): number {
  const rows = listMonitors().map((monitor) => [monitor.name, monitor.help()]);
  print(table(["MONITOR", "SHOWS"], rows));
  return 0;
}

/** `sonde run` as it is for one monitor: its parameters are options, its metrics and streams stand in its help. */
function commandOf({ name }: MonitorFile, { manifest }: ObjectSpec): Command {
  const general = COMMANDS.find((command) => command.name === "run")!;
  const { help, metrics, streams, params } = manifest.monitor!;
  const streamLines = streams.map(
    (stream) => `  ${stream.name}: ${stream.help} (${stream.fields.map((field) => field.name).join(", ")})`,
  );
  const metricLines = metrics.map((metric) => `  ${metric.name}: ${metric.help}`);
  const notes = [
    ...(streams.length === 0 ? [] : ["Events:", ...streamLines]),
    ...(metrics.length === 0 ? [] : ["Metrics:", ...metricLines]),
  ];
  return {
    name: `run ${name}`,
    summary: help,
    usage: ["[OPTIONS] [INTERVAL [COUNT]]"],
    options: monitorOptions(manifest.monitor!, RUN_OPTIONS),
    notes: notes.join("\n"),
    examples: [
      params.length === 0 && metrics.length === 0
        ? { command: `sonde run ${name} -o jsonl`, says: "for another program" }
        : { command: `sonde run ${name} 1 10`, says: "every second, ten times" },
      ...placeExample(name, manifest.monitor!),
    ],
    load: general.load,
  };
}

/** How to say where it is attached, with what it would be attached to anyway. */
function placeExample(name: string, monitor: MonitorView): Command["examples"] {
  const places = monitor.params.filter((param) => param.places !== undefined);
  if (places.length === 0) return [];
  const options = places.map((param) => `--${parameterOption(param, RUN_OPTIONS)} ${param.initial}`);
  return [{ command: `sonde run ${name} ${options.join(" ")}`, says: "attached there" }];
}

/** Options may stand before the monitor's name or after it; the last one counts. */
function merged(outer: ParsedArguments, inner: ParsedArguments): ParsedArguments {
  return {
    value: (name) => inner.value(name) ?? outer.value(name),
    values: (name) => [...outer.values(name), ...inner.values(name)],
    flag: (name) => inner.flag(name) || outer.flag(name),
    words: inner.words,
  };
}

/** The object for those tasks that its own filter and the options name: what the options say comes first. */
function chosenTasks(spec: ObjectSpec, args: ParsedArguments, kernel: Kernel, target: Target): FilteredObject {
  const pid = args.value("pid");
  const own = spec.manifest.monitor?.filter;
  const asked = filterOf(args, pid === undefined ? undefined : whole("pid", pid));
  const filter = own === undefined && asked === undefined ? undefined : { ...own, ...asked };
  try {
    const object = filteredObject(spec, filter, kernel, target);
    if (object.admitted === 0 && !args.flag("quiet"))
      say("No cgroup is meant by these options now; those that come will be seen from their start.\n");
    return object;
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(error.message);
    throw error;
  }
}

async function show(
  { spec, maps, decoders }: FilteredObject,
  args: ParsedArguments,
  kernel: Kernel,
  vmlinux: () => Btf | undefined,
): Promise<number> {
  const monitor = spec.manifest.monitor!;
  const { interval, count } = turns(args.words, args.value("duration"));
  const quiet = args.flag("quiet");
  const pid = args.value("pid");
  const command = args.value("command");
  const output = descriptorOutput(1);
  let sink: MonitorSink | undefined;
  const makeWriter = (write: (text: string) => void): MonitorWriter => writerFor(args, write);
  const writer = makeWriter((text) => output.write(text));
  const makeSink: NonNullable<Parameters<typeof startSession>[1]["makeSink"]> = ({ diagnose, names }): Sink => {
    sink = new MonitorSink(monitor, spec.manifest, {
      writer,
      diagnose,
      names,
      ...(args.value("fields") !== undefined && { fields: args.value("fields")!.split(",") }),
      conditions: args.values("filter"),
      context: { ...decoders, vmlinux },
    });
    return sink;
  };
  const starting = startSession(spec, {
    kernel,
    maps,
    vmlinux,
    makeSink,
    output,
    quiet,
    printMapsOnExit: true,
    ...(pid !== undefined && { pid: whole("pid", pid) }),
    ...(command !== undefined && { child: startChild(command, { stdout: 2 }) }),
  }).catch((error: unknown) => {
    if (error instanceof ConditionError) throw new UsageError(error.message);
    throw error;
  });
  endOnSignals(starting);
  const session = await starting;
  if (args.flag("verbose")) for (const link of session.links) say(`${link.description}: attached by ${link.road}\n`);
  if (!quiet && monitor.metrics.length > 0 && interval === undefined && command === undefined)
    say("Counting; Ctrl-C shows what was counted.\n");
  const timer = interval === undefined ? undefined : lookEvery(interval, count, session, () => look(sink!, session));
  const { exitCode } = await session.ended.finally(() => clearInterval(timer));
  writer.end();
  output.send();
  await output.flush();
  return exitCode;
}

function writerFor(args: ParsedArguments, write: (text: string) => void): MonitorWriter {
  const format = args.value("output") ?? "columns";
  if (format !== "columns") return jsonWriter(write, format === "json");
  const top = whole("top", args.value("top") ?? "20");
  return columnWriter({ write, top, timestamps: args.flag("timestamp") });
}

function look(sink: MonitorSink, session: Session): void {
  sink.look(session.readMaps(), new Date());
}

/** The last look is the one at the end, when nothing can come any more. */
function lookEvery(seconds: number, count: number, session: Session, act: () => void): NodeJS.Timeout {
  let turn = 0;
  return setInterval(() => {
    // A failure of the end shows in `session.ended`, which the command awaits.
    if (++turn >= count) void session.stop().catch(() => {});
    else act();
  }, seconds * 1000);
}

/** Seconds between looks, and how many there are. A duration alone is one look at its end. */
function turns(
  words: readonly string[],
  duration: string | undefined,
): { readonly interval: number | undefined; readonly count: number } {
  if (words.length > 2) throw new UsageError(`'${words[2]!}' is not understood: only INTERVAL and COUNT may follow`);
  const [interval, count] = words;
  if (interval !== undefined) {
    const every = seconds("INTERVAL", interval);
    if (count !== undefined) return { interval: every, count: whole("COUNT", count) };
    return { interval: every, count: duration === undefined ? Infinity : seconds("duration", duration) / every };
  }
  return duration === undefined
    ? { interval: undefined, count: 0 }
    : { interval: seconds("duration", duration), count: 1 };
}

function seconds(what: string, text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < 0.01 || value > 86_400 * 7)
    throw new UsageError(`${what} takes seconds, such as 1 or 0.5, not '${text}'`);
  return value;
}

function whole(what: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 0x7fffffff)
    throw new UsageError(`${what} takes a number from 1 on, not '${text}'`);
  return value;
}

import { setTimeout as sleep } from "node:timers/promises";
import { CostMeter, listPrograms } from "@sonde/kernel/objects";
import { type Kernel, KernelError, openKernel } from "@sonde/kernel/sys";
import { type ParsedArguments, UsageError } from "../command.ts";
import { type Filter, filtered } from "./inspect/filter.ts";
import { jsonText } from "./inspect/json.ts";
import { btfDetail, btfDetailLines, linkDetailLines } from "./inspect/link-detail.ts";
import { mapDetail, mapDetailLines } from "./inspect/map-detail.ts";
import type { Snapshot } from "./inspect/model.ts";
import { btfLines, linkLines, mapLines, overviewLines, programLines } from "./inspect/overview.ts";
import { programDetail, programDetailLines } from "./inspect/program-detail.ts";
import { type Measure, Observer } from "./inspect/snapshot.ts";
import { chosen, type Kind, kindOf } from "./inspect/targets.ts";
import { type Screen, standardOutput } from "./inspect/screen.ts";
import { untilInterrupted, watch } from "./inspect/watch.ts";

interface Request {
  readonly kind: Kind | undefined;
  /** Ids, names, patterns or paths; empty for all. */
  readonly targets: readonly string[];
  readonly filter: Filter;
  readonly json: boolean;
  /** Seconds over which costs are measured; 0: they are not. */
  readonly interval: number;
  /** Of a map's entries. */
  readonly limit: number;
}

/** `sonde inspect`. */
export async function run(args: ParsedArguments): Promise<number> {
  const request = readRequest(args);
  endWhenNobodyReads();
  const kernel = openKernel();
  const observer = new Observer(kernel);
  const screen = standardOutput();
  using meter = openMeter(kernel, request);
  meter?.measure(listPrograms(kernel));
  const measure: Measure | undefined = meter && ((programs) => meter.measure(programs));
  const show = (): string => shown(kernel, request, observer, observer.look(measure), screen);
  if (args.flag("watch")) {
    await watch(screen, request.interval, show, untilInterrupted());
    return 0;
  }
  if (meter !== undefined) await sleep(request.interval * 1000);
  screen.write(show());
  return 0;
}

function readRequest(args: ParsedArguments): Request {
  const [kindWord, ...targets] = args.words;
  const json = args.value("output") === "json";
  const pid = number(args, "pid");
  const interval = number(args, "interval") ?? 1;
  if (args.flag("watch") && interval < 0.1) throw new UsageError("--watch needs an --interval of 0.1 seconds at least");
  const filter = { pid, type: args.value("type"), name: args.value("name") };
  return {
    kind: kindWord === undefined ? undefined : kindOf(kindWord),
    targets,
    filter: Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)),
    json,
    interval,
    limit: number(args, "limit") || (args.value("limit") === undefined && !json ? DEFAULT_LIMIT : Infinity),
  };
}

/** Entries of a map, for a person. */
const DEFAULT_LIMIT = 100;

function number(args: ParsedArguments, name: string): number | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > 0x7fff_ffff)
    throw new UsageError(`--${name} takes a number, not '${text}'`);
  return value;
}

/** Costs are worth waiting for only where programs are shown. */
function openMeter(kernel: Kernel, { kind, interval }: Request): CostMeter | undefined {
  if (interval === 0 || kind === "map" || kind === "btf") return undefined;
  try {
    return new CostMeter(kernel);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    process.stderr.write(`sonde inspect: costs are not measured: ${error.message}\n`);
    return undefined;
  }
}

/** Everything asked for, ready to be written. */
function shown(kernel: Kernel, request: Request, observer: Observer, all: Snapshot, screen: Screen): string {
  const snapshot = filtered(all, request.filter);
  const { width } = screen;
  switch (request.kind) {
    case undefined:
      return written(request, snapshot, overviewLines(snapshot, width));
    case "program": {
      const found = wanted(kernel, request, snapshot.programs);
      const [only] = found;
      const detail =
        only !== undefined && isOne(request, found) ? programDetail(kernel, only, all, observer.types) : undefined;
      if (detail === undefined) return written(request, { programs: found }, programLines(found, width));
      return written(request, { programs: [detail] }, programDetailLines(detail, all, width));
    }
    case "map": {
      const found = wanted(kernel, request, snapshot.maps);
      const [only] = found;
      const detail =
        only !== undefined && isOne(request, found)
          ? mapDetail(kernel, only, observer.types, request.limit)
          : undefined;
      if (detail === undefined) return written(request, { maps: found }, mapLines(found, width));
      return written(request, { maps: [detail] }, mapDetailLines(detail, all, width));
    }
    case "link": {
      const found = wanted(
        kernel,
        request,
        snapshot.links.map((link) => ({ ...link, name: link.programName })),
      );
      const views = found.map(({ name: _name, ...link }) => link);
      const [only] = views;
      const lines =
        only !== undefined && isOne(request, found) ? linkDetailLines(only, all, width) : linkLines(views, width);
      return written(request, { links: views }, lines);
    }
    case "btf": {
      const found = wanted(kernel, request, observer.btf(all));
      const [only] = found;
      if (only === undefined || !isOne(request, found)) return written(request, { btf: found }, btfLines(found, width));
      const detail = btfDetail(only, observer.types);
      return written(request, { btf: [detail] }, btfDetailLines(detail, width));
    }
  }
}

/** Details are for one object that was asked for, not for one that happens to be alone. */
function isOne({ targets }: Request, found: readonly unknown[]): boolean {
  return targets.length > 0 && found.length === 1;
}

function wanted<T extends { readonly id: number; readonly name: string }>(
  kernel: Kernel,
  { kind, targets }: Request,
  objects: readonly T[],
): readonly T[] {
  if (kind === undefined || targets.length === 0) return objects;
  const found = new Set(targets.flatMap((word) => chosen(kernel, kind, objects, word)));
  return objects.filter((object) => found.has(object));
}

function written({ json }: Request, data: object, lines: readonly string[]): string {
  return json ? `${jsonText(data)}\n` : lines.map((line) => `${line}\n`).join("");
}

/** `sonde inspect | head` is a normal end. */
function endWhenNobodyReads(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}

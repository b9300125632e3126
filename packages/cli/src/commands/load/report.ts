/** What became of each object and program, as text and as JSON. */
import { VerifierError } from "@sonde/kernel/programs";
import { type Column, tableLines } from "../inspect/columns.ts";
import { plural, printable } from "../inspect/format.ts";
import { jsonText } from "../inspect/json.ts";
import type { LiveObject, ProgramResult } from "./live-object.ts";

export interface ReportOptions {
  readonly width: number;
  /** The verifier's whole log, and what was done for older kernels. */
  readonly verbose: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: "id", right: true },
  { title: "program", least: 14 },
  { title: "type", least: 10 },
  { title: "state" },
  { title: "where", least: 16 },
];

export function reportText(objects: readonly LiveObject[], options: ReportOptions): string {
  return objects
    .map((object) =>
      objectLines(object, options)
        .map((line) => `${line}\n`)
        .join(""),
    )
    .join("\n");
}

function objectLines(object: LiveObject, { width, verbose }: ReportOptions): readonly string[] {
  const { file, spec, results, error } = object;
  const heading = `${printable(file)}: ${plural(spec.programs.length, "program")}, ${plural(spec.maps.length, "map")}`;
  if (error !== undefined) return [heading, ...failure("not loaded", error, verbose)];
  const rows = results.map((result) => [
    String(result.id ?? "-"),
    printable(result.name),
    result.type,
    result.state,
    printable(where(result)),
  ]);
  return [
    heading,
    ...(rows.length === 0 ? [] : tableLines(COLUMNS, rows, width)),
    ...results.flatMap((result) => (result.error === undefined ? [] : failure(result.name, result.error, verbose))),
    ...(verbose ? remarks(object) : []),
  ];
}

/** Reasons of several lines stand below the table. */
function where({ places, state, note, section }: ProgramResult): string {
  if (state === "failed") return section;
  if (places.length > 0) return places.map(({ place }) => place).join(", ");
  return note === undefined ? section : `${section}: ${note}`;
}

function failure(name: string, error: Error, verbose: boolean): readonly string[] {
  const cause = error.cause instanceof Error ? [`because: ${error.cause.message}`] : [];
  const log = verbose && error instanceof VerifierError ? error.log.split("\n") : [];
  const lines = [...error.message.split("\n"), ...cause, ...log];
  return ["", `${printable(name)}:`, ...lines.map((line) => `  ${printable(line)}`)];
}

function remarks({ collection }: LiveObject): readonly string[] {
  const report = collection?.report;
  if (report === undefined) return [];
  return [
    ...report.rewritten.map((text) => `for this kernel: ${printable(text)}`),
    ...report.poisoned.map(
      ({ program, reason }) => `${printable(program)}: never reached on this kernel: ${printable(reason)}`,
    ),
  ];
}

/** `pins` are the paths that were made. */
export function reportJson(
  objects: readonly LiveObject[],
  pins: readonly string[],
  { verbose }: ReportOptions,
): string {
  const data = objects.map(({ file, spec, results, error, collection }) => ({
    file,
    name: spec.name,
    ...(error !== undefined && { error: error.message }),
    programs: results.map(({ name, type, section, state, id, places, note, error: own }) => ({
      name,
      type,
      section,
      state,
      id,
      attachedTo: places,
      reason: note,
      ...(own instanceof VerifierError && {
        verifier: { reason: own.reason, source: own.source, hint: own.hint, ...(verbose && { log: own.log }) },
      }),
    })),
    maps: Array.from(collection?.maps ?? [], (map) => ({
      name: map.name,
      type: map.type,
      id: map.info().id,
      maxEntries: map.maxEntries,
    })),
    poisoned: collection?.report.poisoned ?? [],
    rewritten: collection?.report.rewritten ?? [],
  }));
  return `${jsonText({ objects: data, pins })}\n`;
}

/** Every kind of file that can be a monitor. */
import { exporterSource } from "../../ebpf-exporter/source.ts";
import type { MonitorSource } from "../source.ts";
import { MonitorSourceError } from "../source.ts";
import { objectSource } from "./object.ts";
import { scriptSource } from "./script.ts";

export { MonitorSourceError } from "../source.ts";
export type { CompiledMonitor, MonitorSource, MonitorSummary, SourceFile } from "../source.ts";

export const SOURCES: readonly MonitorSource[] = [scriptSource, objectSource, exporterSource];

/** Letters, digits, `_` and `-`: what names files, pins and paths of URLs alike. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$/;

/** The monitor that a file of the directory is, and what reads it; undefined for all other files. */
export function monitorOfFile(file: string): { readonly name: string; readonly source: MonitorSource } | undefined {
  const source = SOURCES.find(({ suffix }) => file.endsWith(suffix));
  if (source === undefined) return undefined;
  const name = file.slice(0, -source.suffix.length);
  return NAME.test(name) ? { name, source } : undefined;
}

/** @throws {MonitorSourceError} nothing reads such files, or the name is none for a monitor */
export function sourceOfFile(file: string): { readonly name: string; readonly source: MonitorSource } {
  const found = monitorOfFile(file);
  if (found !== undefined) return found;
  const suffixes = SOURCES.map(({ suffix }) => suffix).join(", ");
  throw new MonitorSourceError(
    `'${file}' is no monitor's file: those are called NAME with ${suffixes}, NAME of letters, digits, _ and -`,
  );
}

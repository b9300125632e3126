/** The monitor that a word names: a file, or one of those that come with Sonde. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { monitorOfFile, sourceOfFile } from "@sonde/agent/sources";
import type { ObjectSpec, Target } from "@sonde/bpf/spec";
import { UsageError } from "../../command.ts";
import { FileError } from "../../files.ts";
import { nearest } from "../../nearest.ts";
import { showBuildDiagnostics } from "../build/diagnostics.ts";
import { shippedMonitors } from "../shipped-monitors.ts";

export interface MonitorFile {
  readonly name: string;
  /** One line of what it shows, without building it. */
  help(): string;
  /** Its object, whose manifest says what it is as a monitor; undefined after what is wrong with it has been shown. */
  compile(target: Target): Promise<ObjectSpec | undefined>;
}

const MODULE = /\.[mc]?ts$/;

/**
 * "biolatency" for one that comes with Sonde; what holds a `/` or ends like a monitor's file is a path.
 * @throws {UsageError} there is no such monitor
 * @throws {FileError} the file cannot be read
 * @throws {MonitorSourceError} it is no monitor's file
 */
export function findMonitor(word: string): MonitorFile {
  if (word.includes("/") || MODULE.test(word) || monitorOfFile(word) !== undefined) return monitorAt(word);
  const shipped = listMonitors();
  const found = shipped.find(({ name }) => name === word);
  if (found !== undefined) return found;
  const names = shipped.map(({ name }) => name);
  const best = nearest(word, names);
  throw new UsageError(
    `there is no monitor '${word}'${best === undefined ? "." : `; did you mean '${best}'?`} There are ${names.join(", ")}; another one is named by its file`,
  );
}

/** Those that come with Sonde, sorted by name. Of two by one name, the one in TypeScript is meant for terminals. */
export function listMonitors(): readonly MonitorFile[] {
  const directory = shippedMonitors();
  const found = new Map<string, MonitorFile>();
  for (const file of readdirSync(directory, { recursive: true, encoding: "utf8" }).sort()) {
    if (/\.(?:test|d)\.ts$/.test(file) || (!MODULE.test(file) && monitorOfFile(basename(file)) === undefined)) continue;
    const monitor = monitorAt(join(directory, file));
    found.set(monitor.name, monitor);
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function monitorAt(path: string): MonitorFile {
  return MODULE.test(path) ? moduleAt(path) : fileAt(path);
}

/** Built now: its own code runs here, as it would in `sonde build`. */
function moduleAt(path: string): MonitorFile {
  return {
    name: basename(path).replace(MODULE, ""),
    help: () =>
      /\bmonitor\(\s*"[^"]*",\s*\{\s*help:\s*"((?:[^"\\]|\\.)*)"/.exec(read(path).toString("utf8"))?.[1] ?? "",
    async compile({ arch }) {
      read(path);
      const { buildMonitor, buildTarget, RUNNING_BTF } = await import("@sonde/builder");
      const result = await buildMonitor(path, buildTarget(RUNNING_BTF, arch));
      await showBuildDiagnostics(result, false);
      return result.spec;
    },
  };
}

function fileAt(path: string): MonitorFile {
  const file = basename(path);
  const { name, source } = sourceOfFile(file);
  const bytes = read(path);
  const beside = (other: string): Uint8Array | undefined => {
    const sibling = join(dirname(path), basename(other));
    return existsSync(sibling) ? read(sibling) : undefined;
  };
  const sourceFile = { name: file, bytes, beside };
  return {
    name,
    help: () => source.summary(sourceFile).help,
    compile: (target) => Promise.resolve(source.compile(name, sourceFile, target).spec),
  };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new FileError("cannot read the monitor", path, error);
  }
}

/** The kernel's tracepoints, as tracefs lists and describes them. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import type { TracepointFormat } from "@sonde/bpf/spec";
import { parseFormat } from "./format.ts";
import { isPattern, patternMatcher, patternSource } from "./pattern.ts";

/** The record of `category:name`, or undefined if there is no such tracepoint. */
export function readTracepoint(root: string, category: string, name: string): TracepointFormat | undefined {
  if (!isName(category) || !isName(name)) return undefined;
  const text = readIfPresent(`${root}/events/${category}/${name}/format`);
  return text === undefined ? undefined : parseFormat(category, text);
}

/** The number by which perf_event_open knows `category:name`; undefined if there is no such tracepoint. */
export function tracepointId(root: string, category: string, name: string): number | undefined {
  if (!isName(category) || !isName(name)) return undefined;
  const text = readIfPresent(`${root}/events/${category}/${name}/id`);
  return text === undefined ? undefined : Number(text);
}

/** All tracepoints "category:name" that match, sorted. Without a colon the pattern is for the name. */
export function matchTracepoints(root: string, pattern: string): string[] {
  const colon = pattern.indexOf(":");
  const category = colon < 0 ? "*" : pattern.slice(0, colon);
  const name = pattern.slice(colon + 1);
  if (isPattern(category)) {
    const source = `${patternSource(category, "[^:\\n]")}:${patternSource(name)}`;
    const list = readIfPresent(`${root}/available_events`) ?? "";
    return (list.match(new RegExp(`^${source}$`, "gm")) ?? []).sort();
  }
  if (!isName(category)) return [];
  const folder = `${root}/events/${category}`;
  if (!isPattern(name)) {
    return isName(name) && existsSync(`${folder}/${name}/id`) ? [`${category}:${name}`] : [];
  }
  const matches = patternMatcher(name);
  return foldersIn(folder)
    .filter(matches)
    .sort()
    .map((event) => `${category}:${event}`);
}

/** Names go into paths: nothing but what the kernel's macros can make of an identifier. */
function isName(text: string): boolean {
  return /^[\w-]+$/.test(text);
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

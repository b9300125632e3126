/** Probes of programs and libraries by patterns: functions, and those that their authors put there (usdt). */
import { readFileSync, readdirSync } from "node:fs";
import { usdtNotes } from "../links/usdt/notes.ts";
import { functionsOf, symbolOffset } from "../symbols/functions.ts";
import { resolveBinary } from "../symbols/library.ts";
import { isPattern, patternMatcher } from "../tracefs/pattern.ts";

/** "PATH:PATTERN", answered with the path as it was given. Errors: ElfError for a file of another kind. */
export function matchUserFunctions(pattern: string): string[] {
  const colon = pattern.indexOf(":");
  if (colon < 0) return [];
  const path = pattern.slice(0, colon);
  const name = pattern.slice(colon + 1);
  const file = resolveBinary(path);
  if (file === undefined) return [];
  if (!isPattern(name)) return symbolOffset(file, name) === undefined ? [] : [pattern];
  return functionsOf(file, name).map((found) => `${path}:${found}`);
}

/** "PATH:PROVIDER:NAME", the latter two with wildcards; answered with the path as it was given. */
export function matchUsdt(pattern: string): string[] {
  const [path = "", provider = "*", name = "*"] = pattern.split(":");
  const file = resolveBinary(path);
  if (file === undefined) return [];
  const [isProvider, isName] = [patternMatcher(provider), patternMatcher(name)];
  const found = new Set<string>();
  for (const note of usdtNotes(file))
    if (isProvider(note.provider) && isName(note.name)) found.add(`${path}:${note.provider}:${note.name}`);
  return [...found].sort();
}

/** Files whose code is mapped, by /proc/PID/maps; processes that went meanwhile have none. */
export function mappedFiles(pid?: number): string[] {
  const pids = pid === undefined ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [String(pid)];
  const files = new Set<string>();
  for (const each of pids) {
    let maps = "";
    try {
      maps = readFileSync(`/proc/${each}/maps`, "utf8");
    } catch {
      continue;
    }
    for (const [, path = ""] of maps.matchAll(/^\S+ ..x. \S+ \S+ \d+\s+(\/.*)$/gm))
      if (!path.endsWith(" (deleted)")) files.add(path);
  }
  return [...files].sort();
}

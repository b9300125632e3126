/** Small JSON files of others: any of them may be missing, half written or of another shape. */
import { readdirSync, readFileSync, statSync } from "node:fs";

/** State files of real containers are some kilobytes. */
const MOST_BYTES = 4 << 20;

/** Undefined unless the file is there and holds an object. */
export function readJson(path: string): Readonly<Record<string, unknown>> | undefined {
  const value = readJsonValue(path);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

export function readJsonList(path: string): readonly unknown[] {
  const value = readJsonValue(path);
  return Array.isArray(value) ? value : [];
}

function readJsonValue(path: string): unknown {
  try {
    if (statSync(path).size > MOST_BYTES) return undefined;
    return JSON.parse(readFileSync(path, "utf8")) as unknown;
  } catch {
    return undefined;
  }
}

export function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

export function objectAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, unknown>> {
  let at = value;
  for (const name of path) at = isObject(at) ? at[name] : undefined;
  return isObject(at) ? at : {};
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = objectAt(value, ...path.slice(0, -1))[path.at(-1) ?? ""];
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** Only what is text: labels and annotations are. */
export function textsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, text] of Object.entries(objectAt(value, ...path))) if (typeof text === "string") texts[name] = text;
  return texts;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A container's id from elsewhere becomes part of a path: nothing in it may lead out of its folder. */
export function isPlainName(id: string): boolean {
  return /^[\w][\w.-]*$/.test(id) && id.length <= 256;
}

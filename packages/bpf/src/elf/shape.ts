/** Checks that a value parsed from JSON has the shape that a type says; the message names the place in it. */
import { ElfError } from "./errors.ts";

/** Throws for a value that is not of the shape. */
export type Shape = (value: unknown, path: string, depth: number) => void;

/** How deep shapes may contain themselves. */
const MOST_DEPTH = 64;

export function checkShape(value: unknown, shape: Shape, section: string): void {
  try {
    shape(value, "", 0);
  } catch (error) {
    if (error instanceof TypeError) throw new ElfError(error.message, { section });
    throw error;
  }
}

export function mismatch(path: string, wanted: string): never {
  throw new TypeError(`${path === "" ? "the whole" : path} is no ${wanted}`);
}

export const text: Shape = (value, path) => {
  if (typeof value !== "string") mismatch(path, "string");
};

export const flag: Shape = (value, path) => {
  if (typeof value !== "boolean") mismatch(path, "boolean");
};

export const integer: Shape = (value, path) => {
  if (!Number.isSafeInteger(value)) mismatch(path, "integer");
};

export const number: Shape = (value, path) => {
  if (typeof value !== "number") mismatch(path, "number");
};

/** A size, offset or count in 32 bits. */
export const count: Shape = (value, path) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > 0xffff_ffff)
    mismatch(path, "number of 32 bits");
};

export function oneOf(...values: readonly (string | number | boolean)[]): Shape {
  return (value, path) => {
    if (!values.includes(value as string)) mismatch(path, `value of ${values.join(", ")}`);
  };
}

/** The second shape for objects, the first for all else. */
export function either(first: Shape, second: Shape): Shape {
  return (value, path, depth) => (typeof value === "object" ? second : first)(value, path, depth);
}

export function list(item: Shape): Shape {
  return (value, path, depth) => {
    if (!Array.isArray(value)) mismatch(path, "list");
    for (const [index, entry] of (value as unknown[]).entries()) item(entry, `${path}[${index}]`, depth);
  };
}

/** An object with any names. */
export function dictionary(item: Shape): Shape {
  return (value, path, depth) => {
    for (const [name, entry] of Object.entries(objectAt(value, path))) item(entry, `${path}.${name}`, depth);
  };
}

/** An object with these members; those whose name ends in "?" may be missing. Others may not be there. */
export function record(members: Readonly<Record<string, Shape>>): Shape {
  return (value, path, depth) => {
    const object = objectAt(value, path);
    let known = 0;
    for (const [key, shape] of Object.entries(members)) {
      const name = key.replace(/\?$/, "");
      if (Object.hasOwn(object, name)) {
        shape(object[name], `${path}.${name}`, depth);
        known++;
      } else if (name === key) mismatch(`${path}.${name}`, "value at all");
    }
    if (Object.keys(object).length !== known) mismatch(path, `object of only ${Object.keys(members).join(", ")}`);
  };
}

/** One of several records, told apart by their member `kind`. */
export function variant(kinds: () => Readonly<Record<string, Readonly<Record<string, Shape>>>>): Shape {
  return (value, path, depth) => {
    if (depth === MOST_DEPTH) mismatch(path, `value nested less than ${MOST_DEPTH} deep`);
    const kind = objectAt(value, path)["kind"];
    const all = kinds();
    if (typeof kind !== "string" || !Object.hasOwn(all, kind))
      mismatch(`${path}.kind`, `value of ${Object.keys(all).join(", ")}`);
    record({ kind: text, ...all[kind] })(value, path, depth + 1);
  };
}

function objectAt(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) mismatch(path, "object");
  return value as Record<string, unknown>;
}

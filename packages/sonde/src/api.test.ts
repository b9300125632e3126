/**
 * The names that each path of the package exports are those of api.json. A change of that file is a
 * change for users: after one that is meant, write what the failure shows into it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Api {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

const folder = new URL("../", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");

const wanted = JSON.parse(read("api.json")) as Readonly<Record<string, Api>>;
const { exports } = JSON.parse(read("package.json")) as {
  exports: Readonly<Record<string, { types: string; default?: string }>>;
};

/** Names in `export { ... }` and `export type { ... }` of a declaration file; every export of the package is written so. */
function declared(text: string): { readonly values: string[]; readonly types: string[] } {
  const values: string[] = [];
  const types: string[] = [];
  for (const [, type, list] of text.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const name of list!
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""))
      (type === undefined ? values : types).push(name);
  }
  for (const [, name] of text.matchAll(/^export declare (?:class|function|const) (\w+)/gm)) values.push(name!);
  return { values: values.sort(), types: types.sort() };
}

for (const [path, { types, default: code }] of Object.entries(exports)) {
  // Declarations alone export nothing: they add to another module.
  if (code === undefined) continue;
  test(`"${path.replace(".", "sonde")}" exports the names of api.json`, async () => {
    const text = read(types);
    assert.doesNotMatch(text, /^export \*/m, "whole modules are not part of the interface: name what is");
    const found = declared(text);
    assert.deepEqual(found, wanted[path]);
    const module = (await import(new URL(code, folder).href)) as Readonly<Record<string, unknown>>;
    assert.deepEqual(Object.keys(module).sort(), found.values);
  });
}

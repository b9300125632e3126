/** Types by their names. Nothing in a file lists them, so units are gone through, from one where it is likely on. */
import { AT, TAG } from "./constants.ts";
import type { DebugFile } from "./debug-file.ts";
import type { Entry } from "./entry.ts";
import type { Unit } from "./unit.ts";

/** Namespaces within namespaces. */
const MAX_DEPTH = 16;

/** A definition by its name without namespaces; in `near` if it is there, else in any unit. Errors: DwarfError. */
export function findType(file: DebugFile, name: string, tags: ReadonlySet<number>, near?: Unit): Entry | undefined {
  const close = near && inUnit(near, name, tags);
  if (close !== undefined) return close;
  for (const header of file.allHeaders()) {
    if (header.place === near?.header.place) continue;
    const found = inUnit(file.unit(header), name, tags);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a declaration declares; undefined if it is nowhere. Errors: DwarfError. */
export function definitionOf(declaration: Entry): Entry | undefined {
  const name = declaration.text(AT.name);
  const { unit } = declaration;
  return name === undefined ? undefined : findType(unit.file, name, new Set([declaration.tag]), unit);
}

function inUnit(unit: Unit, name: string, tags: ReadonlySet<number>): Entry | undefined {
  return among(unit.root, name, tags, 0);
}

function among(parent: Entry, name: string, tags: ReadonlySet<number>, depth: number): Entry | undefined {
  for (const child of parent.children()) {
    if (tags.has(child.tag) && child.text(AT.name) === name) {
      const definition = child.flag(AT.declaration) ? child.reference(AT.signature) : child;
      if (definition !== undefined) return definition;
    }
    const inside = child.tag === TAG.namespace && depth < MAX_DEPTH ? among(child, name, tags, depth + 1) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}

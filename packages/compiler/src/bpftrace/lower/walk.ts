/** Visits a syntax tree. */
import type { Call, MapRef, Probe } from "../ast.ts";

export interface AnyNode {
  readonly kind: string;
}

/** Calls `visit` with every node below `node`, and with `node` itself, outermost first. */
export function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const item of value) walkIfNode(item, visit);
    else walkIfNode(value, visit);
  }
}

function walkIfNode(value: unknown, visit: (node: AnyNode) => void): void {
  if (typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string")
    walk(value as AnyNode, visit);
}

/** What is done with a probe's maps. */
export interface MapUses {
  readonly used: ReadonlySet<string>;
  readonly deleted: ReadonlySet<string>;
}

export function mapUses(probe: Probe): MapUses {
  const used = new Set<string>();
  const deleted = new Set<string>();
  walk(probe, (node) => {
    if (node.kind === "map") used.add((node as MapRef).name);
    if (node.kind !== "call" || (node as Call).name !== "delete") return;
    const [map] = (node as Call).args;
    if (map?.kind === "map") deleted.add(map.name);
  });
  return { used, deleted };
}

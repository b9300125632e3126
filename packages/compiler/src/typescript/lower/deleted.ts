/** Which maps have entries deleted somewhere: most keys that are set in them are new. */
import { MapDeclaration, type Declarations } from "../authoring/declarations.ts";
import type { Registry } from "../prepare/registry.ts";
import { walk, type Node } from "../syntax/ast.ts";

export function deletedMaps({ probes }: Declarations, registry: Registry): ReadonlySet<MapDeclaration> {
  const deleted = new Set<MapDeclaration>();
  const seen = new Set<unknown>();
  const search = (fn: unknown): void => {
    const registered = registry.functionOf(fn);
    if (registered === undefined || seen.has(fn)) return;
    seen.add(fn);
    for (const get of Object.values(registered.captures)) {
      const value = valueOf(get);
      if (typeof value === "function") search(value);
    }
    walk(registered.node, (node) => {
      const name = deletingName(node);
      const get = name === undefined ? undefined : registered.captures[name];
      const map = get === undefined ? undefined : valueOf(get);
      if (map instanceof MapDeclaration) deleted.add(map);
    });
  };
  for (const { handler } of probes) search(handler);
  return deleted;
}

/** Of `name.delete(...)` and `name.take(...)`. */
function deletingName(node: Node): string | undefined {
  if (node.type !== "CallExpression") return undefined;
  const { callee } = node as unknown as {
    callee: { type: string; object?: { name?: string }; property?: { name?: string } };
  };
  const method = callee.property?.name;
  return callee.type === "MemberExpression" && (method === "delete" || method === "take")
    ? callee.object?.name
    : undefined;
}

/** What is not declared is told where it is used. */
function valueOf(get: () => unknown): unknown {
  try {
    return get();
  } catch {
    return undefined;
  }
}

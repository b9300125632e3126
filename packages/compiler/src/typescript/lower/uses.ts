/** What the handlers of a module reach, found before any is compiled: declarations, and what they do with maps. */
import {
  MapDeclaration,
  MetricDeclaration,
  TimerDeclaration,
  type Declarations,
  type ProbeDeclaration,
} from "../authoring/declarations.ts";
import { intrinsicName } from "../authoring/intrinsics.ts";
import type { Registry } from "../prepare/registry.ts";
import { walk, type FunctionNode, type Node } from "../syntax/ast.ts";

export class Uses {
  /** Maps that entries are deleted from somewhere: most keys that are set in them are new. */
  readonly deleted: ReadonlySet<MapDeclaration>;
  /** Metrics that a timer's function changes, which may run in the middle of a handler. */
  readonly #timed = new Set<MetricDeclaration>();
  readonly #calledBack = new Set<ProbeDeclaration>();
  readonly #subprograms = new Map<ProbeDeclaration, ReadonlySet<FunctionNode>>();
  readonly #metrics = new Map<MetricDeclaration, Set<ProbeDeclaration>>();

  constructor({ probes }: Declarations, registry: Registry) {
    const deleted = new Set<MapDeclaration>();
    for (const probe of probes) {
      const reach = new Reach(registry, deleted);
      reach.visit(probe.handler);
      for (const metric of reach.timed()) {
        reach.metrics.add(metric);
        this.#timed.add(metric);
      }
      if (reach.callsBack) this.#calledBack.add(probe);
      this.#subprograms.set(probe, new Set(reach.repeated()));
      for (const metric of reach.metrics)
        this.#metrics.set(metric, (this.#metrics.get(metric) ?? new Set()).add(probe));
    }
    this.deleted = deleted;
  }

  /** The large functions that a handler calls from more than one place. */
  subprograms(probe: ProbeDeclaration): ReadonlySet<FunctionNode> {
    return this.#subprograms.get(probe) ?? new Set();
  }

  /** Whether a handler has functions with frames of their own. */
  hasFrames(probe: ProbeDeclaration): boolean {
    return this.#calledBack.has(probe) || this.subprograms(probe).size > 0;
  }

  /**
   * Whether two of a metric's programs can run on one CPU at a time, one in the middle of the other.
   * Tracepoint, kprobe and perf event programs exclude each other by the kernel's count of active
   * programs; others only exclude themselves; programs of uprobes can be preempted.
   */
  interrupted(metric: MetricDeclaration): boolean {
    if (this.#timed.has(metric)) return true;
    const probes = [...(this.#metrics.get(metric) ?? [])];
    if (probes.some(({ user }) => user)) return true;
    const apart = (type: string): boolean => !["tracepoint", "kprobe", "perf_event"].includes(type);
    return probes.length > 1 && probes.some(({ programType }) => apart(programType));
  }
}

/** Follows what a handler has captured, through functions, objects and lists. */
class Reach {
  readonly metrics = new Set<MetricDeclaration>();
  callsBack = false;
  readonly #calls = new Map<FunctionNode, number>();
  readonly #registry: Registry;
  readonly #deleted: Set<MapDeclaration>;
  readonly #seen = new Set<unknown>();
  /** A set that is walked while it grows. */
  #timers = new Set<TimerDeclaration>();

  constructor(registry: Registry, deleted: Set<MapDeclaration>) {
    this.#registry = registry;
    this.#deleted = deleted;
  }

  /** What timers reach that were met on the way. */
  *timed(): Iterable<MetricDeclaration> {
    for (const timer of this.#timers) {
      const reach = new Reach(this.#registry, this.#deleted);
      reach.#timers = this.#timers;
      reach.visit(timer.handler);
      yield* reach.metrics;
    }
  }

  /** Functions that are called from several places, and are too large to be built into each. */
  repeated(): readonly FunctionNode[] {
    return [...this.#calls].flatMap(([fn, calls]) => (calls > 1 && sizeOf(fn) >= LARGE ? [fn] : []));
  }

  visit(value: unknown): void {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || this.#seen.has(value)) return;
    this.#seen.add(value);
    if (value instanceof MetricDeclaration) this.metrics.add(value);
    if (value instanceof TimerDeclaration) this.#timers.add(value);
    if (intrinsicName(value) === "loop") this.callsBack = true;
    const registered = this.#registry.functionOf(value);
    if (registered === undefined) {
      if (isPlain(value)) for (const name of Object.keys(value)) this.visit(valueOf(() => Reflect.get(value, name)));
      return;
    }
    const { captures, node } = registered;
    for (const get of Object.values(captures)) this.visit(valueOf(get));
    walk(node, (inner) => {
      const get = captures[deletingName(inner) ?? ""];
      const map = get && valueOf(get);
      if (map instanceof MapDeclaration) this.#deleted.add(map);
      const called = this.#registry.functionOf(valueOf(captures[calledName(inner) ?? ""] ?? (() => undefined)));
      if (called !== undefined) this.#calls.set(called.node, (this.#calls.get(called.node) ?? 0) + 1);
    });
  }
}

/** Nodes of a syntax tree from which a function that is called twice is not built in twice. */
const LARGE = 80;

function sizeOf(fn: FunctionNode): number {
  let nodes = 0;
  walk(fn, () => {
    nodes++;
  });
  return nodes;
}

/** Of `name(...)`. */
function calledName(node: Node): string | undefined {
  if (node.type !== "CallExpression") return undefined;
  const { callee } = node as unknown as { callee: { type: string; name?: string } };
  return callee.type === "Identifier" ? callee.name : undefined;
}

/** An object or list literal of the module's, not something of Node.js. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
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

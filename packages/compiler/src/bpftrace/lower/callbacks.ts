/**
 * Loops whose body is a function of its own, which a helper of the kernel calls in each turn:
 * bpf_for_each_map_elem for the entries of a map, bpf_loop for the rest.
 *
 * The body shares variables with the code around it. They lie in the program's scratch memory: from
 * there the verifier takes them for any value, so that it looks at a turn once or twice, however many
 * there are, while it would follow what it sees on the stack turn by turn. What leads there is a
 * record on the caller's stack:
 *
 *     0   the program's context
 *     8   1 if the body ended the whole program
 *     16  the address of the scratch memory
 */
import { pointerTo, type Inst, type ValueType } from "../../ir/index.ts";
import type { Block, Span, Variable } from "../ast.ts";
import type { Endings, Handler } from "./handler.ts";
import { isScalar } from "./layout.ts";
import { walk } from "./walk.ts";

const CONTEXT = 0;
const LEFT = 8;
const SCRATCH = 16;
const RECORD_BYTES = 24;

export interface Callback {
  /** What the helper hands to the function, its record last. */
  readonly params: readonly ValueType[];
  /** Parts of the tree in which variables are used: the body, the condition. */
  readonly uses: readonly { readonly kind: string }[];
  /** Variables of the compiler's own that the function reads. */
  readonly shares?: readonly string[];
  readonly span: Span;
  /** Builds one turn. It goes on to `next` or `exit` in the function's innermost loop. */
  readonly turn: (h: Handler) => void;
  /** Calls the helper, given the function and its record. */
  readonly call: (func: Inst, record: Inst) => void;
}

export function callBack(h: Handler, callback: Callback): void {
  const { builder } = h;
  const shared = [...(callback.shares ?? []), ...sharedVariables(h, callback.uses)];
  const at = shared.length === 0 ? 0 : h.reserveScratch(8 * shared.length, callback.span);
  const { child, endings } = buildTurn(h, callback, shared, at);
  const record = builder.slot(RECORD_BYTES, "shared");
  const { left } = endings;
  if (endings.usesScratch) builder.store(record, SCRATCH, 8, h.scratch());
  if (endings.usesContext) builder.store(record, CONTEXT, 8, h.context());
  if (left) builder.store(record, LEFT, 8, h.constant(0));
  store(h, shared, at);
  callback.call(builder.functionAddress(child.name), record);
  load(h, shared, at);
  if (left) h.when({ kind: "ne", a: builder.load(record, LEFT, 8), b: h.constant(0) }, () => h.leave());
}

function buildTurn(
  h: Handler,
  { params, turn }: Callback,
  shared: readonly string[],
  at: number,
): { readonly child: Handler; readonly endings: Endings } {
  const child = h.callback([...params, pointerTo("stack")]);
  child.turns = h.turns;
  const { builder } = child;
  builder.source = h.builder.source;
  const record = builder.param(params.length);
  const endings: Endings = {
    context: builder.load(record, CONTEXT, 8, { type: pointerTo("context") }),
    scratch: builder.load(record, SCRATCH, 8, { type: pointerTo("mapValue") }),
    usesContext: false,
    usesScratch: false,
    left: false,
    leave: (): void => {
      builder.store(record, LEFT, 8, child.constant(1));
      builder.return(child.constant(1));
    },
  };
  child.endings = endings;
  load(child, shared, at);
  const start = builder.current;
  const [next, exit] = [builder.block("next"), builder.block("exit")];
  child.loops.push({ next, exit });
  turn(child);
  if (!builder.terminated) builder.jump(next);
  for (const [block, answer] of [
    [next, 0],
    [exit, 1],
  ] as const) {
    builder.seal(block);
    if (block.predecessors.length === 0) continue;
    child.enter(block, start);
    store(child, shared, at);
    builder.return(child.constant(answer));
  }
  h.root.callbacks.push(builder.finish());
  return { child, endings };
}

function store(h: Handler, shared: readonly string[], at: number): void {
  for (const [index, name] of shared.entries())
    h.builder.store(h.scratch(), at + 8 * index, 8, h.builder.read(h.variable(name)));
}

function load(h: Handler, shared: readonly string[], at: number): void {
  for (const [index, name] of shared.entries())
    h.builder.write(h.variable(name), h.builder.load(h.scratch(), at + 8 * index, 8));
}

/** The register-sized variables that the parts use and the code around them does, too, in the order of their use. */
export function sharedVariables(h: Handler, parts: Callback["uses"]): readonly string[] {
  const inside = new Map<string, number>();
  for (const part of parts)
    walk(part, (node) => {
      if (node.kind !== "variable") return;
      const variable = node as Variable;
      const type = h.variant.types.get(variable);
      if ((type !== undefined && !isScalar(type)) || h.root.addressed.has(variable.name)) return;
      inside.set(variable.name, (inside.get(variable.name) ?? 0) + 1);
    });
  const everywhere = new Map<string, number>();
  const count = (node: { readonly kind: string }): void => {
    if (node.kind !== "variable") return;
    const { name } = node as Variable;
    everywhere.set(name, (everywhere.get(name) ?? 0) + 1);
  };
  if (h.variant.probe.filter !== undefined) walk(h.variant.probe.filter, count);
  walk(h.variant.probe.body, count);
  return [...inside].filter(([name, uses]) => (everywhere.get(name) ?? 0) > uses).map(([name]) => name);
}

/** How deep loops are nested that may be called back. */
export function callbackDepth(body: Block): number {
  let deepest = 0;
  const visit = (node: { readonly kind: string }, depth: number): void => {
    const inner = isCalledBack(node) ? depth + 1 : depth;
    deepest = Math.max(deepest, inner);
    for (const value of Object.values(node)) {
      for (const item of Array.isArray(value) ? value : [value])
        if (typeof item === "object" && item !== null && "kind" in item) visit(item as { kind: string }, inner);
    }
  };
  visit(body, 0);
  return deepest;
}

function isCalledBack(node: { readonly kind: string }): boolean {
  return node.kind === "forMap" || node.kind === "forRange" || node.kind === "while";
}

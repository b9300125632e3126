/** What a test proves about a name: on one side of it, what a look-up found is there. */
import type { Inst } from "../../ir/index.ts";
import type { Program } from "./program.ts";
import type { Binding, Value } from "./value.ts";

export interface Fact {
  readonly binding: Binding;
  /** Made in the first block where it holds, and good for all that come after. */
  readonly refine: () => Value;
}

/** What is known on each side of a branch; `known`: the side that is always taken. */
export interface Branching {
  readonly then: readonly Fact[];
  readonly otherwise: readonly Fact[];
  readonly known?: boolean;
}

export const NOTHING: Branching = { then: [], otherwise: [] };

/** Takes note of facts in the block that they hold in. */
export function learn(p: Program, facts: readonly Fact[]): void {
  if (facts.length === 0) return;
  const next = new Map(p.facts);
  for (const { binding, refine } of facts) next.set(binding, refine());
  p.facts = next;
}

/** Runs `build`, after which nothing is known but what was before. */
export function withoutLearning<T>(p: Program, build: () => T): T {
  const { facts } = p;
  const result = build();
  p.facts = facts;
  return result;
}

/** The fact that what `binding` holds was found. */
export function foundFact(p: Program, binding: Binding, value: Value & { kind: "maybe" | "maybeReference" }): Fact {
  let refined: Value | undefined;
  return { binding, refine: () => (refined ??= found(p, value)) };
}

/** What a look-up found, where it is known that it found something. */
export function found(p: Program, value: Value & { kind: "maybe" | "maybeReference" }): Value {
  if (value.kind === "maybe") return value.value;
  const base = p.builder.refine(value.pointer, "mapValue");
  if (!value.shared) p.exclusive.add(base);
  return { kind: "memory", place: { base, offset: 0, space: "program", trusted: false }, type: value.type };
}

/** Not zero if a look-up found something. */
export function presence(value: Value & { kind: "maybe" | "maybeReference" }): Inst {
  return value.kind === "maybe" ? value.present : value.pointer;
}

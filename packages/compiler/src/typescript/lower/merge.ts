/** Where two ways meet, with a value on each. */
import { refuse } from "../../diagnostics/index.ts";
import type { Block, Inst } from "../../ir/index.ts";
import type { Spot } from "../../lowering/frame.ts";
import { cString } from "../../lowering/words.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { BOOL, S64, sizeOfType, U64, type ScalarType } from "../types/type.ts";
import { presence } from "./facts.ts";
import type { Program } from "./program.ts";
import { describeValue, scalarOf } from "./scalar.ts";
import { store } from "./store.ts";
import { isText } from "./texts.ts";
import { UNDEFINED, type Value } from "./value.ts";

/** A way that has come to its end, which is still open, with what it brings. */
export interface Ending {
  readonly block: Block;
  readonly value: Value;
  readonly node: Node;
}

/** Continues where all endings meet. With none, what follows can't be reached. */
export function merge(p: Program, endings: readonly Ending[], before: Block, node: Node): Value {
  const { builder } = p;
  const [first] = endings;
  if (first === undefined) {
    p.enter(builder.block("unreached"), before);
    return UNDEFINED;
  }
  if (endings.length === 1) {
    builder.enter(first.block);
    return first.value;
  }
  const result = valueOf(p, endings, node);
  const join = builder.block("join");
  for (const { block } of endings) {
    builder.enter(result.ends.get(block) ?? block);
    builder.jump(join);
  }
  p.enter(join, before);
  return result.read();
}

interface Merged {
  /** Where ways end now, if not where they did. */
  readonly ends: ReadonlyMap<Block, Block>;
  readonly read: () => Value;
}

function valueOf(p: Program, endings: readonly Ending[], node: Node): Merged {
  const values = endings.map(({ value }) => value);
  const [first] = values;
  const ends = new Map<Block, Block>();
  const done = (read: () => Value): Merged => ({ ends, read });
  if (values.every((value) => same(value, first!))) return done(() => first!);
  const isNothing = (value: Value): boolean => value.kind === "constant" && value.value === undefined;
  if (values.some((value) => isNothing(value) || value.kind === "maybe")) {
    const there = values.filter((value) => !isNothing(value));
    if (there.every((value) => value.kind === "maybeReference" || value.kind === "memory"))
      return references(p, endings, node, done);
    return maybes(p, endings, done);
  }
  if (values.every(isText)) return texts(p, endings, ends, node);
  const text = values.find(isText);
  if (text !== undefined)
    return refuse(
      messages.unreachableTypes,
      spanOf(node),
      describeValue(text),
      describeValue(values.find((value) => !isText(value))!),
    );
  if (values.every((value) => value.kind === "object")) {
    const names = [...(first as Value & { kind: "object" }).fields.keys()];
    const parts = new Map<string, Merged>();
    let blocks = endings.map(({ block }) => block);
    for (const name of names) {
      const part = valueOf(
        p,
        endings.map(({ value, node: at }, index) => ({
          block: blocks[index]!,
          value: (value as Value & { kind: "object" }).fields.get(name) ?? UNDEFINED,
          node: at,
        })),
        node,
      );
      blocks = blocks.map((block) => part.ends.get(block) ?? block);
      parts.set(name, part);
    }
    for (const [index, { block }] of endings.entries()) ends.set(block, blocks[index]!);
    return done(() => ({ kind: "object", fields: new Map([...parts].map(([name, part]) => [name, part.read()])) }));
  }
  if (values.every((value) => value.kind === "memory")) {
    const [memory] = values as (Value & { kind: "memory" })[];
    return memories(p, endings, memory!, ends, node);
  }
  const unlike = values.find((value) => value.kind !== "scalar" && value.kind !== "constant");
  if (unlike !== undefined)
    return refuse(messages.unreachableTypes, spanOf(node), describeValue(first!), describeValue(unlike));
  return scalars(p, endings, done);
}

function same(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.kind === "constant") return b.kind === "constant" && a.value === b.value;
  return a.kind === "host" && b.kind === "host" && a.value === b.value;
}

/** Runs `build` at the end of a way. */
function atEnd(p: Program, block: Block, build: () => void): Block {
  p.builder.enter(block);
  build();
  return p.builder.current;
}

function scalars(p: Program, endings: readonly Ending[], done: (read: () => Value) => Merged): Merged {
  const variable = p.variable("value");
  const types: ScalarType[] = [];
  for (const { block, value, node } of endings)
    atEnd(p, block, () => {
      const { inst, type } = scalarOf(p, value, node);
      // Constants are of whatever type the others are.
      if (value.kind !== "constant" || typeof value.value === "boolean") types.push(type);
      p.builder.write(variable, inst);
    });
  return done(() => ({ kind: "scalar", inst: p.builder.read(variable), type: common(types) }));
}

function common(types: readonly ScalarType[]): ScalarType {
  const [first] = types;
  if (first === undefined) return S64;
  if (types.every((type) => type.kind === first.kind && first.kind !== "int")) return first;
  if (types.every((type) => type.kind === "bool")) return BOOL;
  return types.some((type) => type.kind === "int" && type.signed) ? S64 : U64;
}

function maybes(p: Program, endings: readonly Ending[], done: (read: () => Value) => Merged): Merged {
  const [present, value] = [p.variable("present"), p.variable("value")];
  const types: ScalarType[] = [];
  for (const { block, value: each, node } of endings)
    atEnd(p, block, () => {
      const there = each.kind === "maybe" ? each.value : each;
      const nothing = each.kind === "constant" && each.value === undefined;
      p.builder.write(present, each.kind === "maybe" ? presence(each) : p.constant(nothing ? 0 : 1));
      const scalar = nothing ? undefined : scalarOf(p, there, node);
      if (scalar !== undefined && each.kind !== "constant") types.push(scalar.type);
      p.builder.write(value, scalar?.inst ?? p.constant(0));
    });
  return done(() => ({
    kind: "maybe",
    present: p.builder.read(present),
    value: { kind: "scalar", inst: p.builder.read(value), type: common(types) },
  }));
}

/** Pointers to what was found, or null. */
function references(p: Program, endings: readonly Ending[], node: Node, done: (read: () => Value) => Merged): Merged {
  const pointer = p.variable("pointer");
  const known = endings.map(({ value }) => value).find((value) => value.kind === "maybeReference");
  if (known?.kind !== "maybeReference")
    return refuse(messages.unreachableTypes, spanOf(node), "nothing", "a value in memory");
  for (const { block, value } of endings)
    atEnd(p, block, () => {
      const inst: Inst = value.kind === "maybeReference" ? value.pointer : p.constant(0);
      p.builder.write(pointer, inst);
    });
  return done(() => ({ ...known, pointer: p.builder.read(pointer) }));
}

/** Copied on each way: what was one text here and another there has one place then. */
function texts(p: Program, endings: readonly Ending[], ends: Map<Block, Block>, node: Node): Merged {
  const size = Math.max(...endings.map(({ value }) => bytesOf(value)));
  const type = { kind: "text", size } as const;
  return memories(p, endings, { kind: "memory", place: undefined as never, type }, ends, node);
}

function bytesOf(value: Value): number {
  if (value.kind === "constant") return cString(String(value.value)).length;
  return (value.kind === "memory" || value.kind === "produced") && value.type.kind === "text" ? value.type.size : 0;
}

function memories(
  p: Program,
  endings: readonly Ending[],
  { type }: Value & { kind: "memory" },
  ends: Map<Block, Block>,
  node: Node,
): Merged {
  // A place on the stack is the same on all ways; one in scratch memory is found anew on each.
  const base = p.variable("place");
  let stack: Spot | undefined;
  for (const { block, value } of endings) {
    const end = atEnd(p, block, () => {
      const spot = stack ?? p.temporary(sizeOfType(type), "choice", node);
      if (spot.base.op === "slot") stack = spot;
      store(p, value, type, spot, true, node);
      p.builder.write(
        base,
        spot.offset === 0 ? spot.base : p.builder.binary("add", spot.base, p.constant(spot.offset)),
      );
    });
    ends.set(block, end);
  }
  return {
    ends,
    read: () => ({
      kind: "memory",
      place: { base: p.builder.read(base), offset: 0, space: "program", trusted: false },
      type,
    }),
  };
}

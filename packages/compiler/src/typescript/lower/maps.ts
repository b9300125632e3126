/** Maps of key and value: looked up, changed in place, inserted. */
import type { MapSpec } from "@sonde/bpf/spec";
import { refuse } from "../../diagnostics/index.ts";
import type { Inst } from "../../ir/index.ts";
import { changeEntry, lookUp, type Change } from "../../lowering/entries.ts";
import { Helper, UpdateFlag } from "../../lowering/helpers.ts";
import { countLoss } from "../../lowering/losses.ts";
import { spotAddress } from "../../lowering/memory.ts";
import { overflow } from "../../lowering/other.ts";
import type { MapDeclaration } from "../authoring/declarations.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { BOOL, isScalar, sizeOfType, typeText, type ScalarType, type Type } from "../types/type.ts";
import { expectArguments, type CallNode } from "./calls.ts";
import { expression } from "./expressions.ts";
import type { MapPlan } from "./object.ts";
import { readPlace } from "./places.ts";
import type { Program } from "./program.ts";
import { accessOf, scalarOf, stored, type Scalar } from "./scalar.ts";
import { store } from "./store.ts";
import { constant, UNDEFINED, type MemoryType, type Value } from "./value.ts";

export function mapCall(p: Program, declaration: MapDeclaration, call: CallNode): Value {
  const plan = p.object.map(declaration);
  switch (call.name) {
    case "get":
      expectArguments(call, 1, 1);
      return get(p, plan, keyOf(p, plan.key, call.args[0]!));
    case "take":
      expectArguments(call, 1, 1);
      noArray(declaration, call);
      return take(p, plan, keyOf(p, plan.key, call.args[0]!));
    case "has": {
      expectArguments(call, 1, 1);
      const found = lookUp(p, plan.spec.name, keyOf(p, plan.key, call.args[0]!));
      return { kind: "scalar", inst: p.builder.compare("ne", found, p.constant(0)), type: BOOL };
    }
    case "delete": {
      expectArguments(call, 1, 1);
      noArray(declaration, call);
      const failed = remove(p, plan, keyOf(p, plan.key, call.args[0]!));
      return { kind: "scalar", inst: p.builder.compare("eq", failed, p.constant(0)), type: BOOL };
    }
    case "set":
      expectArguments(call, 2, 2);
      return set(p, plan, call);
    default:
      expectArguments(call, 1, 2);
      return increment(p, plan, call);
  }
}

function noArray(declaration: MapDeclaration, call: CallNode): void {
  if (declaration.isArray)
    refuse(
      messages.unsupported,
      spanOf(call.node),
      `${call.name}() on an array`,
      "its entries always exist: set them to 0",
    );
}

/** The address of a key, built in memory. */
export function keyOf(p: Program, type: Type, node: Node): Inst {
  const spot = p.temporary(sizeOfType(type), "key", node);
  store(p, expression(p, node), type, spot, true, node);
  return spotAddress(p, spot);
}

function get(p: Program, plan: MapPlan, key: Inst): Value {
  const pointer = lookUp(p, plan.spec.name, key);
  if (!isScalar(plan.value)) return { kind: "maybeReference", pointer, type: plan.value, shared: !plan.perCpu };
  return copyFound(p, pointer, plan.value, () => {});
}

/** What was found is read at once: the entry may change before it is used. */
function copyFound(p: Program, pointer: Inst, type: ScalarType, then: () => void): Value {
  const { builder } = p;
  const [present, value] = [p.variable("present"), p.variable("value")];
  builder.write(present, p.constant(0));
  builder.write(value, p.constant(0));
  p.ifNonNull(pointer, "mapValue", (entry) => {
    const { inst } = readPlace(p, { base: entry, offset: 0, space: "program", trusted: false }, type) as Value & Scalar;
    builder.write(present, p.constant(1));
    builder.write(value, inst);
    then();
  });
  return { kind: "maybe", present: builder.read(present), value: { kind: "scalar", inst: builder.read(value), type } };
}

function take(p: Program, plan: MapPlan, key: Inst): Value {
  const pointer = lookUp(p, plan.spec.name, key);
  if (isScalar(plan.value)) return copyFound(p, pointer, plan.value, () => void remove(p, plan, key));
  return takeCopy(p, plan, key, pointer);
}

/** The entry is gone afterwards, so its value is copied first. */
function takeCopy(p: Program, plan: MapPlan, key: Inst, pointer: Inst): Value {
  const { builder } = p;
  const size = sizeOfType(plan.value);
  const spot = p.temporary(size, "taken", p.probe.site.node);
  const found = builder.variable("taken");
  builder.write(found, p.constant(0));
  p.ifNonNull(pointer, "mapValue", (entry) => {
    builder.copy(spot.base, spot.offset, entry, 0, size, 8);
    remove(p, plan, key);
    builder.write(found, p.constant(1));
  });
  const place = { base: spot.base, offset: spot.offset, space: "program", trusted: false } as const;
  return {
    kind: "maybe",
    present: builder.read(found),
    value: { kind: "memory", place, type: plan.value as MemoryType },
  };
}

function remove(p: Program, plan: MapPlan, key: Inst): Inst {
  return p.builder.call(Helper.mapDelete, [p.builder.map(plan.spec.name), key]);
}

/** In place where the entry is mostly there; one look-up costs less than an update. */
function set(p: Program, plan: MapPlan, call: CallNode): Value {
  const { builder } = p;
  const [keyNode, valueNode] = call.args as [Node, Node];
  const key = keyOf(p, plan.key, keyNode);
  const value = expression(p, valueNode);
  const insert = (): void => {
    const spot = p.temporary(sizeOfType(plan.value), "value", valueNode);
    store(p, value, plan.value, spot, true, valueNode);
    const failed = builder.call(Helper.mapUpdate, [
      builder.map(plan.spec.name),
      key,
      spotAddress(p, spot),
      p.constant(UpdateFlag.any),
    ]);
    p.when({ kind: "ne", a: failed, b: p.constant(0) }, () => countLoss(p, "MapFull"), undefined, false);
  };
  if (!isScalar(plan.value) || plan.deletes) insert();
  else {
    const { value: type } = plan;
    const inst = stored(p, value, type, valueNode);
    p.ifNonNull(
      lookUp(p, plan.spec.name, key),
      "mapValue",
      (entry) => builder.store(entry, 0, accessOf(type).size, inst),
      plan.spec.type.endsWith("array") ? undefined : insert,
    );
  }
  return UNDEFINED;
}

function increment(p: Program, plan: MapPlan, call: CallNode): Value {
  const { value: type } = plan;
  if (type.kind !== "int" || type.size < 4)
    return refuse(
      messages.unsupported,
      spanOf(call.node),
      `increment() of ${typeText(type)}`,
      "the values must be u32, u64, s32 or s64",
    );
  const key = keyOf(p, plan.key, call.args[0]!);
  const by = call.args[1] === undefined ? constant(1n) : expression(p, call.args[1]);
  const amount = scalarOf(p, by, call.node).inst;
  const size = type.size as 4 | 8;
  changeInPlace(p, plan.spec, key, (entry) => {
    if (!plan.perCpu) p.builder.atomicAdd(entry, 0, size, amount);
    else p.builder.store(entry, 0, size, p.builder.binary("add", p.builder.load(entry, 0, size), amount));
  });
  return UNDEFINED;
}

/**
 * Changes an entry in place; one that is not there begins as zeros. An array has them all. What a full map
 * has no room for goes to `other`.
 */
export function changeInPlace(p: Program, spec: MapSpec, key: Inst, change: Change, other?: MapSpec): void {
  const { type, name, valueSize } = spec;
  if (type.endsWith("array")) p.ifNonNull(lookUp(p, name, key), "mapValue", change);
  else changeEntry(p, name, valueSize, key, change, () => overflow(p, spec, other, change));
}

/** Maps whose values are plain: read, written in place where they are, inserted where they are not. */
import type { Inst } from "../../ir/index.ts";
import type { AssignMap, Expr, MapRef, Update, Variable } from "../ast.ts";
import type { Type } from "../types.ts";
import { readAggregate } from "./aggregates.ts";
import { scalar } from "./expressions.ts";
import type { Handler, Spot } from "./handler.ts";
import { changeEntry, lookUp, type Change } from "../../lowering/entries.ts";
import { Helper, UpdateFlag } from "../../lowering/helpers.ts";
import { reportFailure } from "./helper-errors.ts";
import { alignUp, fieldSize, isScalar } from "./layout.ts";
import { countLoss } from "../../lowering/losses.ts";
import { overflow } from "../../lowering/other.ts";
import { spotAddress } from "./memory.ts";
import { arithmetic, fit, type ArithmeticOp } from "./operators.ts";
import { storeValue } from "./values.ts";
import type { MapPlan } from "./views.ts";

const STEP: Type = { kind: "int", size: 8, signed: true };

export function planOf(h: Handler, ref: MapRef): MapPlan {
  return h.object.map(ref.name, ref.span);
}

/** Builds the key of `ref` in memory; its address. */
export function keyOf(h: Handler, ref: MapRef, plan: MapPlan): Inst {
  return keyFrom(h, ref.keys, ref, plan);
}

/** The same from key parts that stand elsewhere, as in delete(@x, key). A tuple stands for its parts. */
export function keyFrom(h: Handler, given: readonly Expr[], ref: MapRef, plan: MapPlan): Inst {
  const types = plan.info.keys;
  const spot = h.temporary(plan.spec.keySize, "key", ref.span);
  const [only] = given;
  const whole = given.length === 1 && types.length > 1 && only !== undefined;
  if (whole) storeValue(h, only, { kind: "tuple", items: types }, spot, true);
  else
    for (const [index, field] of plan.view.keys.entries())
      storeValue(h, given[index]!, types[index]!, { base: spot.base, offset: spot.offset + field.offset }, true);
  return spotAddress(h, spot);
}

/** Inserts or replaces the entry; a failure is counted. */
export function insert(h: Handler, plan: MapPlan, key: Inst, value: Inst, flag: number = UpdateFlag.any): void {
  const { builder } = h;
  const failed = builder.call(Helper.mapUpdate, [builder.map(plan.spec.name), key, value, h.constant(flag)]);
  h.when({ kind: "ne", a: failed, b: h.constant(0) }, () => countLoss(h, "MapFull"), undefined, false);
}

/** Where a map without keys has its value: an address known when the program is loaded. */
function onlyValue(h: Handler, plan: MapPlan): Inst {
  return h.builder.mapValue(plan.spec.name, 0);
}

/** Changed as plain values are; the checker lets nobody change an aggregation so. */
function valueType(plan: MapPlan, ref: MapRef): Type {
  const { value } = plan.info;
  if (value.kind === "aggregate") throw new Error(`${ref.name} is an aggregation, which came past the checker`);
  return value.type;
}

/** The value of `@x` or `@x[key]` in a register; 0 where there is no entry. */
export function readMap(h: Handler, ref: MapRef): Inst {
  const { builder } = h;
  const plan = planOf(h, ref);
  if (plan.info.value.kind === "aggregate") {
    const key = ref.keys.length === 0 ? h.zeroIndex() : keyOf(h, ref, plan);
    return readAggregate(h, plan, key, undefined, ref);
  }
  if (ref.keys.length === 0) return builder.load(onlyValue(h, plan), 0, 8);
  const value = builder.variable(ref.name);
  const found = lookUp(h, plan.spec.name, keyOf(h, ref, plan));
  builder.write(value, h.constant(0));
  h.ifNonNull(found, "mapValue", (entry) => builder.write(value, builder.load(entry, 0, 8)));
  return builder.read(value);
}

/** Copies the value of `ref` to the `bytes` at `spot`; zeros where there is no entry. */
export function mapEntryInto(h: Handler, ref: MapRef, spot: Spot, bytes: number): void {
  const { builder } = h;
  const plan = planOf(h, ref);
  const stored = fieldSize(valueType(plan, ref));
  const copied = Math.min(stored, bytes);
  if (ref.keys.length === 0) builder.copy(spot.base, spot.offset, onlyValue(h, plan), 0, copied);
  else {
    const found = lookUp(h, plan.spec.name, keyOf(h, ref, plan));
    h.ifNonNull(
      found,
      "mapValue",
      (entry) => builder.copy(spot.base, spot.offset, entry, 0, copied),
      () => builder.zero(spot.base, spot.offset, copied),
    );
  }
  if (bytes > copied) builder.zero(spot.base, spot.offset + copied, bytes - copied);
}

/** `@x[key] = value`, `@x[key] += value`, for plain values. */
export function assignMap(h: Handler, statement: AssignMap): void {
  const { target, op, value } = statement;
  const plan = planOf(h, target);
  const type = valueType(plan, target);
  if (op === "+" || op === "-") {
    const amount = scalar(h, value);
    return add(h, target, plan, op === "+" ? amount : h.builder.binary("sub", h.constant(0), amount));
  }
  if (!isScalar(type)) return assignMemory(h, target, value, type, plan);
  const right = scalar(h, value);
  const result =
    op === undefined
      ? right
      : fit(
          h,
          arithmetic(
            h,
            op as ArithmeticOp,
            { value: readMap(h, target), type },
            { value: right, type: h.typeOf(value) },
          ),
          type,
        );
  assignScalar(h, target, plan, result);
}

function assignScalar(h: Handler, target: MapRef, plan: MapPlan, value: Inst): void {
  const { builder } = h;
  if (target.keys.length === 0) return setOnly(h, plan, (entry) => builder.store(entry, 0, 8, value));
  const key = keyOf(h, target, plan);
  const store = (): void => {
    const copy = h.temporary(8, "value", target.span);
    builder.store(copy.base, copy.offset, 8, value);
    insert(h, plan, key, spotAddress(h, copy));
  };
  // Where entries are deleted again, the usual case is that there is none.
  if (h.object.deletes(target.name)) return store();
  h.ifNonNull(lookUp(h, plan.spec.name, key), "mapValue", (entry) => builder.store(entry, 0, 8, value), store);
}

/** Strings and the like: written whole, so that a reader never sees half of one. */
function assignMemory(h: Handler, target: MapRef, value: Expr, type: Type, plan: MapPlan): void {
  const { builder } = h;
  const bytes = fieldSize(type);
  const spot = h.temporary(plan.spec.valueSize, "value", value.span);
  storeValue(h, value, type, spot, true);
  if (target.keys.length > 0) return insert(h, plan, keyOf(h, target, plan), spotAddress(h, spot));
  setOnly(h, plan, (entry) => builder.copy(entry, 0, spot.base, spot.offset, alignUp(bytes)));
}

/** Changes the value of a map without keys, and marks it as present. */
function setOnly(h: Handler, plan: MapPlan, change: (entry: Inst) => void): void {
  const { value } = plan.view;
  const entry = onlyValue(h, plan);
  change(entry);
  if (value.kind === "scalar" && value.setOffset !== undefined)
    h.builder.store(entry, value.setOffset, 8, h.constant(1));
}

/** Adds to the value, atomically, since every CPU shares it. */
function add(h: Handler, target: MapRef, plan: MapPlan, amount: Inst): void {
  const { builder } = h;
  if (target.keys.length === 0) return setOnly(h, plan, (entry) => builder.atomicAdd(entry, 0, 8, amount));
  changeOrInsert(h, plan, keyOf(h, target, plan), (entry) => builder.atomicAdd(entry, 0, 8, amount));
}

/** Changes the entry of `key` where it is, a new one of zeros if there was none. */
export function changeOrInsert(h: Handler, plan: MapPlan, key: Inst, change: Change): void {
  const { name, valueSize } = plan.spec;
  changeEntry(h, name, valueSize, key, change, () => overflow(h, plan.spec, plan.other, change));
}

/** `@x[key]++` and its like. The result, if it is wanted, is read next to the atomic change, not with it. */
export function updateMap(h: Handler, e: Update, target: MapRef, step: Inst, wanted: boolean): Inst {
  const plan = planOf(h, target);
  valueType(plan, target);
  const old = wanted ? readMap(h, target) : undefined;
  add(h, target, plan, step);
  if (old === undefined) return h.constant(0);
  return e.prefix ? arithmetic(h, "+", { value: old, type: STEP }, { value: step, type: STEP }) : old;
}

/** delete(@x[key]): whether there was an entry. */
export function deleteEntry(h: Handler, ref: MapRef, keys: readonly Expr[], wanted: boolean): Inst {
  const { builder } = h;
  const plan = planOf(h, ref);
  const failed = builder.call(Helper.mapDelete, [builder.map(plan.spec.name), keyFrom(h, keys, ref, plan)]);
  // Who asks whether there was an entry needs not to be told.
  if (!wanted) reportFailure(h, Helper.mapDelete, failed);
  return builder.compare("eq", failed, h.constant(0));
}

/** delete(@x) of a plain value without keys. */
export function deleteOnly(h: Handler, plan: MapPlan): void {
  h.builder.zero(onlyValue(h, plan), 0, plan.spec.valueSize);
}

/** find(@x, key, $value): whether there is an entry, whose value the variable then has. */
export function findEntry(h: Handler, ref: MapRef, key: readonly Expr[], variable: Variable): Inst {
  const { builder } = h;
  const plan = planOf(h, ref);
  const type = valueType(plan, ref);
  const found = builder.variable("found");
  builder.write(found, h.constant(0));
  h.ifNonNull(lookUp(h, plan.spec.name, keyFrom(h, key, ref, plan)), "mapValue", (entry) => {
    builder.write(found, h.constant(1));
    if (isScalar(type)) return h.writeVariable(variable.name, builder.load(entry, 0, 8));
    const spot = h.memoryVariable(variable.name);
    builder.copy(spot.base, spot.offset, entry, 0, fieldSize(type));
  });
  return builder.read(found);
}

/** has_key(@x, key). */
export function hasKey(h: Handler, ref: MapRef, keys: readonly Expr[]): Inst {
  const plan = planOf(h, ref);
  return h.builder.compare("ne", lookUp(h, plan.spec.name, keyFrom(h, keys, ref, plan)), h.constant(0));
}

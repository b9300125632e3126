/** Streams: records in the ring buffer, reserved, filled in place, submitted without waking anybody. */
import { pointerTo } from "../../ir/index.ts";
import { Helper, RING_NO_WAKEUP } from "../../lowering/helpers.ts";
import { countLoss } from "../../lowering/losses.ts";
import type { StreamDeclaration } from "../authoring/declarations.ts";
import { isScalar } from "../types/type.ts";
import { expectArguments, type CallNode } from "./calls.ts";
import { namedValues } from "./metrics.ts";
import { RECORD_HEAD } from "./object.ts";
import type { Program } from "./program.ts";
import { stored } from "./scalar.ts";
import { store } from "./store.ts";
import { UNDEFINED, type Value } from "./value.ts";

/** Emits an event; if there is no room for it, it is counted as lost. */
export function emit(p: Program, stream: StreamDeclaration, call: CallNode): Value {
  expectArguments(call, 0, 1);
  const { builder } = p;
  const { node, args } = call;
  const plan = p.object.stream(stream);
  const values = namedValues(p, `the stream ${stream.name}`, "field", stream.fields, args[0], node);
  // What fits a register is computed first, so that its effects do not depend on the room in the ring.
  const ready = new Map<string, Value>();
  for (const { name, type } of plan.record.fields) {
    const value = values.get(name)!;
    if (isScalar(type)) ready.set(name, { kind: "scalar", inst: stored(p, value, type, args[0] ?? node), type });
    else ready.set(name, value);
  }
  const reserved = builder.call(
    Helper.ringbufReserve,
    [builder.map(p.object.ring), p.constant(plan.size), p.constant(0)],
    pointerTo("recordOrNull"),
  );
  p.ifNonNull(
    reserved,
    "record",
    (record) => {
      p.openRecord = record;
      builder.store(record, 0, 4, p.constant(plan.id));
      builder.store(record, 4, 4, builder.call(Helper.processorId, []));
      store(
        p,
        { kind: "object", fields: ready },
        plan.record,
        { base: record, offset: RECORD_HEAD },
        false,
        args[0] ?? node,
      );
      p.openRecord = undefined;
      builder.call(Helper.ringbufSubmit, [record, p.constant(RING_NO_WAKEUP)]);
    },
    () => countLoss(p, "RingFull"),
  );
  return UNDEFINED;
}

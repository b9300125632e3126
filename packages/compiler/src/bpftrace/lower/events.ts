/** Records in the ring buffer: reserved, filled in place, submitted without waking anybody. */
import type { DataType, EventAction } from "@sonde/bpf/spec";
import { pointerTo, type Inst } from "../../ir/index.ts";
import type { Expr, Span } from "../ast.ts";
import type { Type } from "../types.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { Helper, RING_NO_WAKEUP } from "../../lowering/helpers.ts";
import { dataType, isScalar, layOut } from "./layout.ts";
import { countLoss } from "../../lowering/losses.ts";
import { pinnedPrints, recordTooLarge, refuse } from "./messages.ts";
import { storeValue } from "./values.ts";

/** u32 id, u32 CPU. */
const HEADER_BYTES = 8;
const LARGEST_RECORD = 32768;

/** One field of a record: an expression, written as the type it shall have. */
export interface Argument {
  readonly expr: Expr;
  readonly type: Type;
}

/** Emits a record with the values of `args` (`exact`: every byte of them defined, as keys are); if there is no room, it is counted as lost. */
export function emit(
  h: Handler,
  action: EventAction,
  args: readonly Argument[],
  span: Span,
  exact: boolean = false,
): void {
  const [place] = h.variant.attach;
  if (place?.kind === "iter" && place.pin !== undefined) refuse(pinnedPrints, span);
  const { builder, object } = h;
  const { target } = object;
  const types: DataType[] = args.map(({ expr, type }) =>
    dataType(
      type,
      (stack) => object.stackMap(stack),
      expr.span,
      () => target.btf,
    ),
  );
  const { fields, size } = layOut(types, HEADER_BYTES);
  if (size > LARGEST_RECORD) refuse(recordTooLarge, span, size, LARGEST_RECORD);
  const id = object.event(action, fields, size);
  // What fits a register is computed first, so that its effects do not depend on the room in the ring.
  const values = args.map(({ expr, type }) => (isScalar(type) ? scalar(h, expr) : undefined));
  const reserved = builder.call(
    Helper.ringbufReserve,
    [builder.map(object.ring), h.constant(size), h.constant(0)],
    pointerTo("recordOrNull"),
  );
  h.ifNonNull(
    reserved,
    "record",
    (record) => {
      h.openRecord = record;
      builder.store(record, 0, 4, h.constant(id));
      builder.store(record, 4, 4, builder.call(Helper.processorId, []));
      for (const [index, { expr, type }] of args.entries()) {
        fill(h, record, fields[index]!.offset, expr, type, values[index], exact);
      }
      h.openRecord = undefined;
      builder.call(Helper.ringbufSubmit, [record, h.constant(RING_NO_WAKEUP)]);
    },
    () => countLoss(h, "RingFull"),
  );
}

function fill(
  h: Handler,
  record: Inst,
  offset: number,
  expr: Expr,
  type: Type,
  value: Inst | undefined,
  exact: boolean,
): void {
  if (value !== undefined) h.builder.store(record, offset, 8, value);
  else storeValue(h, expr, type, { base: record, offset }, exact);
}

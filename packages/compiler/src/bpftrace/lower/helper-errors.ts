/** Answers of helpers that fail, told where the session asks for that (-k). */
import { helperName } from "@sonde/bpf/asm";
import { pointerTo, type Inst } from "../../ir/index.ts";
import { EEXIST, Helper, RING_NO_WAKEUP } from "../../lowering/helpers.ts";
import type { Handler } from "./handler.ts";

/** u32 id, u32 CPU, i64 answer. */
const RECORD_BYTES = 16;

/** Helpers that answer a negative error number. */
const TELLING: ReadonlySet<number> = new Set([
  Helper.mapUpdate,
  Helper.tracePrintk,
  Helper.comm,
  Helper.stackId,
  Helper.probeWriteUser,
  Helper.overrideReturn,
  Helper.getStack,
  Helper.sendSignal,
  Helper.probeReadUser,
  Helper.probeReadKernel,
  Helper.probeReadUserStr,
  Helper.probeReadKernelStr,
  Helper.sendSignalThread,
  Helper.seqPrintf,
  Helper.dPath,
  Helper.forEachMapElem,
  Helper.traceVprintk,
  Helper.loop,
]);

/** Reports every call of such a helper from here on, if anyone wants to know. */
export function watchHelpers(h: Handler): void {
  if (h.program.given.helperErrors !== true) return;
  h.builder.onCall = (helper, answer) => {
    if (TELLING.has(helper)) reportFailure(h, helper, answer);
  };
}

/** If the answer is negative and anyone wants to know, a record says so. */
export function reportFailure(h: Handler, helper: number, answer: Inst): void {
  if (h.program.given.helperErrors !== true) return;
  const { builder, object } = h;
  // Before Linux 6.4 those of maps answered an int, which leaves the upper half of the register without its sign.
  const error = builder.extend(answer, 32, true);
  const { file = "", line = 0, column = 0 } = builder.source ?? {};
  const action = {
    kind: "helperError",
    helper: helperName(helper) ?? String(helper),
    place: `${file}:${line}:${column}-${column}`,
  } as const;
  const tell = (): void => {
    const field = { offset: 8, type: { kind: "int", size: 8, signed: true } } as const;
    const id = object.event(action, [field], RECORD_BYTES);
    const record = builder.call(
      Helper.ringbufReserve,
      [builder.map(object.ring), h.constant(RECORD_BYTES), h.constant(0)],
      pointerTo("recordOrNull"),
    );
    h.ifNonNull(record, "record", (reserved) => {
      builder.store(reserved, 0, 4, h.constant(id));
      builder.store(reserved, 4, 4, builder.call(Helper.processorId, []));
      builder.store(reserved, 8, 8, error);
      builder.call(Helper.ringbufSubmit, [reserved, h.constant(RING_NO_WAKEUP)]);
    });
  };
  h.when({ kind: "slt", a: error, b: h.constant(0) }, () => {
    // That another CPU was faster to make an entry is no failure.
    if (helper === Helper.mapUpdate) h.when({ kind: "ne", a: error, b: h.constant(EEXIST) }, tell);
    else tell();
  });
}

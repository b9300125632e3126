/** join(): an array of strings, read in the kernel one after another into one record. */
import { Helper } from "../../lowering/helpers.ts";
import type { Call } from "../ast.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { countLoss } from "../../lowering/losses.ts";
import { readString, spotAddress } from "./memory.ts";
import { notLowered, refuse } from "./messages.ts";
import { literalText } from "./text.ts";

/** As in bpftrace: what is longer or more is cut. */
const MOST_STRINGS = 16;
const LONGEST = 1024;
/** u32 id, u32 CPU, u32 bytes, u32 count. */
const HEADER = 16;

export function join(h: Handler, e: Call): void {
  const { builder, object } = h;
  const [array, separator] = e.args;
  if (array === undefined) return refuse(notLowered, e.span, "join() of nothing is");
  const action = {
    kind: "join",
    separator: separator === undefined ? " " : (literalText(h, separator) ?? " "),
  } as const;
  const size = HEADER + MOST_STRINGS * LONGEST;
  const id = object.event(action, [], size);
  const type = h.typeOf(array);
  const space = type.kind === "pointer" && type.space === "kernel" ? "kernel" : "user";
  const from = scalar(h, array);
  const record = h.sharedScratch("join", size, e.span);
  const [bytes, count] = [builder.variable("bytes"), builder.variable("count")];
  builder.write(bytes, h.constant(0));
  builder.write(count, h.constant(0));
  const before = builder.current;
  const done = builder.block("joined");
  for (let index = 0; index < MOST_STRINGS; index++) {
    const here = builder.current;
    const [present, next] = [builder.block("string"), builder.block("next")];
    const pointer = h.word();
    const helper = space === "user" ? Helper.probeReadUser : Helper.probeReadKernel;
    builder.call(helper, [pointer, h.constant(8), builder.binary("add", from, h.constant(index * 8))]);
    const text = builder.load(pointer, 0, 8);
    builder.branch({ kind: "eq", a: text, b: h.constant(0) }, done, present, false);
    h.enter(present, here);
    const end = builder.binary(
      "add",
      spotAddress(h, { base: record.base, offset: record.offset + HEADER }),
      builder.read(bytes),
    );
    const copied = readString(h, text, space, { base: end, offset: 0 }, h.constant(LONGEST));
    // The verifier learns the bounds of both sides of what was copied.
    builder.branch({ kind: "ugt", a: copied, b: h.constant(LONGEST) }, done, next, false);
    h.enter(next, present);
    builder.write(bytes, builder.binary("add", builder.read(bytes), copied));
    builder.write(count, h.constant(index + 1));
  }
  builder.jump(done);
  h.enter(done, before);
  builder.store(record.base, record.offset, 4, h.constant(id));
  builder.store(record.base, record.offset + 4, 4, builder.call(Helper.processorId, []));
  builder.store(record.base, record.offset + 8, 4, builder.read(bytes));
  builder.store(record.base, record.offset + 12, 4, builder.read(count));
  const failed = builder.call(Helper.ringbufOutput, [
    builder.map(object.ring),
    spotAddress(h, record),
    builder.binary("add", builder.read(bytes), h.constant(HEADER)),
    h.constant(1),
  ]);
  h.when({ kind: "ne", a: failed, b: h.constant(0) }, () => countLoss(h, "RingFull"), undefined, false);
}

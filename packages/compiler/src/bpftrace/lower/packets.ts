/** skboutput: a packet's bytes to a file. */
import type { Inst } from "../../ir/index.ts";
import { Helper } from "../../lowering/helpers.ts";
import type { Call } from "../ast.ts";
import { wallTime } from "./clocks.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { notLowered, refuse } from "./messages.ts";
import { spotAddress } from "./memory.ts";
import { literalText } from "./text.ts";

/** u32 event, u32 offset, u64 time, u64 length: what stands before the packet. */
const RECORD_BYTES = 24;
/** BPF_F_CURRENT_CPU; the bytes of the packet stand in the flags' upper half. */
const CURRENT_CPU = 0xffffffffn;

/** skboutput(path, skb, length, offset): 0, or a negative error where the packet is shorter. */
export function outputPacket(h: Handler, e: Call): Inst {
  const { builder, object } = h;
  const [path, skb, length, offset] = e.args;
  const name = path && literalText(h, path);
  if (name === undefined || skb === undefined || length === undefined || offset === undefined)
    return refuse(notLowered, e.span, "this skboutput() is");
  const id = object.event({ kind: "skboutput", path: name }, [], RECORD_BYTES);
  const packet = scalar(h, skb);
  const bytes = builder.extend(scalar(h, length), 32, false);
  const record = h.temporary(RECORD_BYTES, "packet", e.span);
  builder.store(record.base, record.offset, 4, h.constant(id));
  builder.store(record.base, record.offset + 4, 4, scalar(h, offset));
  builder.store(record.base, record.offset + 8, 8, wallTime(h));
  builder.store(record.base, record.offset + 16, 8, bytes);
  const flags = builder.binary("or", builder.binary("shl", bytes, h.constant(32)), h.constant(CURRENT_CPU));
  const map = builder.map(object.packets);
  return builder.call(Helper.skbOutput, [packet, map, flags, spotAddress(h, record), h.constant(RECORD_BYTES)]);
}

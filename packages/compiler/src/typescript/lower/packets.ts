/** Packets: read only where a test has shown that they are long enough, which the result's absence tells. */
import { refuse } from "../../diagnostics/index.ts";
import { pointerTo, type AccessSize, type Inst } from "../../ir/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf } from "../syntax/ast.ts";
import { int, U64, type IntType } from "../types/type.ts";
import type { ArgumentSource } from "./arguments.ts";
import { expectArguments, type CallNode } from "./calls.ts";
import { expression } from "./expressions.ts";
import type { Program } from "./program.ts";
import { constantNumber, scalarOf } from "./scalar.ts";
import type { Value } from "./value.ts";

type Packet = ArgumentSource & { kind: "packet" };

/** Methods of a packet: numbers in network order, at a byte of it. */
export const PACKET_READS: readonly string[] = ["u8", "u16", "u32", "u64"];
/** The verifier follows pointers into packets no further. */
const FURTHEST = 0xfff;

function pointers(p: Program, { start, end }: Packet): { readonly start: Inst; readonly end: Inst } {
  const { builder } = p;
  const type = pointerTo("packet");
  return {
    start: builder.load(p.context(), start, 4, { type }),
    end: builder.load(p.context(), end, 4, { type }),
  };
}

export function packetLength(p: Program, packet: Packet): Value {
  const { start, end } = pointers(p, packet);
  return { kind: "scalar", inst: p.builder.binary("sub", end, start), type: U64 };
}

/** `packet.u16(offset)`: undefined where the packet ends before. */
export function packetCall(p: Program, packet: Packet, call: CallNode): Value {
  if (!PACKET_READS.includes(call.name))
    return refuse(
      messages.noField,
      spanOf(call.node),
      packet.title,
      `${call.name}()`,
      `it has ${PACKET_READS.join(", ")}`,
    );
  expectArguments(call, 1, 1);
  const { builder } = p;
  const size = (Number(call.name.slice(1)) / 8) as AccessSize;
  const at = expression(p, call.args[0]!);
  const known = constantNumber(at);
  if (known !== undefined && (known < 0n || known > BigInt(FURTHEST)))
    refuse(messages.doesNotFit, spanOf(call.args[0]!), String(known), `0 to ${FURTHEST}`);
  const type: IntType = int(size, false);
  const [present, value] = [p.variable("present"), p.variable("value")];
  builder.write(present, p.constant(0));
  builder.write(value, p.constant(0));
  const readAt = (base: Inst, offset: number, end: Inst): void =>
    p.when(
      { kind: "ule", a: builder.binary("add", base, p.constant(offset + size)), b: end },
      () => {
        const raw = builder.load(base, offset, size, { volatile: true });
        builder.write(present, p.constant(1));
        builder.write(value, size === 1 ? raw : builder.byteSwap(raw, (size * 8) as 16 | 32 | 64));
      },
      undefined,
      true,
    );
  const { start, end } = pointers(p, packet);
  if (known !== undefined) readAt(start, Number(known), end);
  else {
    const { inst } = scalarOf(p, at, call.args[0]!);
    p.when({ kind: "ule", a: inst, b: p.constant(FURTHEST) }, () => readAt(builder.binary("add", start, inst), 0, end));
  }
  return { kind: "maybe", present: builder.read(present), value: { kind: "scalar", inst: builder.read(value), type } };
}

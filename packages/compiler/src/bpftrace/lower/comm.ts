/** `comm` and the other builtins that are strings. */
import type { Builtin } from "../ast.ts";
import type { Handler, Spot } from "./handler.ts";
import { Helper } from "./helpers.ts";
import { alignUp } from "./layout.ts";
import { spotAddress } from "./memory.ts";
import { notLowered, refuse } from "./messages.ts";

/** Bytes of a command's name, NUL included (the kernel's TASK_COMM_LEN). */
const COMM_BYTES = 16;

/** Writes `comm` to `size` bytes at `spot`, padded with zeros: the helper pads by itself. One call serves a whole probe. */
export function storeComm(h: Handler, e: Builtin, size: number, spot: Spot): void {
  if (e.name !== "comm") return refuse(notLowered, e.span, `${e.name} is`);
  const { builder } = h;
  const bytes = Math.min(COMM_BYTES, alignUp(size));
  const known = h.comm;
  if (known !== undefined) builder.copy(spot.base, spot.offset, known.base, known.offset, bytes);
  else {
    builder.call(Helper.comm, [spotAddress(h, spot), h.constant(bytes)]);
    if (bytes === COMM_BYTES) h.rememberComm(spot);
  }
  if (alignUp(size) > bytes) builder.zero(spot.base, spot.offset + bytes, alignUp(size) - bytes);
}

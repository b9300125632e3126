/** `comm` and the other builtins that are strings. */
import type { Builtin } from "../ast.ts";
import type { Handler, Spot } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";
import { alignUp } from "./layout.ts";
import { spotAddress } from "./memory.ts";
import { notLowered, refuse } from "./messages.ts";

/** Bytes of a command's name, NUL included (the kernel's TASK_COMM_LEN). */
const COMM_BYTES = 16;

/** Writes `comm` to `size` bytes at `spot`; with `exact`, zeros after its end. One call serves a whole probe. */
export function storeComm(h: Handler, e: Builtin, size: number, spot: Spot, exact: boolean): void {
  if (e.name !== "comm") return refuse(notLowered, e.span, `${e.name} is`);
  const { builder } = h;
  const bytes = Math.min(COMM_BYTES, alignUp(size));
  const known = h.comm;
  if (known !== undefined) builder.copy(spot.base, spot.offset, known.base, known.offset, bytes);
  else {
    // Some kernels (6.1) write nothing behind the NUL.
    if (exact) builder.zero(spot.base, spot.offset, bytes);
    builder.call(Helper.comm, [spotAddress(h, spot), h.constant(bytes)]);
    if (exact && bytes === COMM_BYTES) h.rememberComm(spot);
  }
  if (exact && alignUp(size) > bytes) builder.zero(spot.base, spot.offset + bytes, alignUp(size) - bytes);
}

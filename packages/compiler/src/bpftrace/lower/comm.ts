/** `comm` and the other builtins that are strings. */
import type { Inst } from "../../ir/index.ts";
import type { Builtin, Call, Expr } from "../ast.ts";
import { scalar } from "./expressions.ts";
import type { Handler, Spot } from "./handler.ts";
import { COMM_BYTES } from "../../lowering/current-task.ts";
import { Helper } from "../../lowering/helpers.ts";
import { alignUp } from "./layout.ts";
import { address, readString, spotAddress } from "./memory.ts";
import { taskAddress, taskPlace } from "./tasks.ts";
import { notLowered, refuse } from "./messages.ts";

/** Builtins that are the name of another task than the current one, by the way to it. */
const TASKS: Readonly<Partial<Record<string, readonly string[]>>> = {
  pcomm: ["real_parent", "comm"],
  leader_comm: ["group_leader", "comm"],
};

/** pcomm(task). */
export function storeTaskComm(h: Handler, e: Call, size: number, spot: Spot, exact: boolean): void {
  const [task] = e.args;
  if (task === undefined) return refuse(notLowered, e.span, "pcomm() of nothing is");
  storeTaskText(h, scalar(h, task), TASKS["pcomm"]!, e, size, spot, exact);
}

function storeTaskText(
  h: Handler,
  task: Inst,
  path: readonly string[],
  e: Expr,
  size: number,
  spot: Spot,
  exact: boolean,
): void {
  const place = taskPlace(h, task, path, e.span);
  if (exact) h.builder.zero(spot.base, spot.offset, alignUp(size));
  readString(h, address(h, place), "kernel", spot, h.constant(Math.min(COMM_BYTES, size)));
}

/** Writes `comm` to `size` bytes at `spot`; with `exact`, zeros after its end. One call serves a whole probe. */
export function storeComm(h: Handler, e: Builtin, size: number, spot: Spot, exact: boolean): void {
  const path = TASKS[e.name];
  if (path !== undefined)
    return storeTaskText(h, taskAddress(h, h.object.target.features.taskBtf === true), path, e, size, spot, exact);
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

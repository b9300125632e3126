/** Who is running: process, thread, user. */
import type { Inst } from "../../ir/index.ts";
import type { Handler } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";

/** The process (thread group) id; the helper returns it above the thread's. */
export function processId(h: Handler): Inst {
  return h.builder.binary("lshr", h.builder.call(Helper.pidTgid, []), h.constant(32));
}

export function threadId(h: Handler): Inst {
  return h.builder.extend(h.builder.call(Helper.pidTgid, []), 32, false);
}

export function userId(h: Handler): Inst {
  return h.builder.extend(h.builder.call(Helper.uidGid, []), 32, false);
}

export function groupId(h: Handler): Inst {
  return h.builder.binary("lshr", h.builder.call(Helper.uidGid, []), h.constant(32));
}

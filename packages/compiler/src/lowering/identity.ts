/** Who is running, by the kernel's own numbers: process, thread, user, group. */
import type { Inst } from "../ir/index.ts";
import type { Frame } from "./frame.ts";
import { Helper } from "./helpers.ts";

/** The process (thread group) id; the helper returns it above the thread's. */
export function processId(h: Frame): Inst {
  return h.builder.binary("lshr", h.builder.call(Helper.pidTgid, []), h.constant(32));
}

export function threadId(h: Frame): Inst {
  return h.builder.extend(h.builder.call(Helper.pidTgid, []), 32, false);
}

export function userId(h: Frame): Inst {
  return h.builder.extend(h.builder.call(Helper.uidGid, []), 32, false);
}

export function groupId(h: Frame): Inst {
  return h.builder.binary("lshr", h.builder.call(Helper.uidGid, []), h.constant(32));
}

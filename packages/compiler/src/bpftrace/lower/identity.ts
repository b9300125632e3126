/** Who is running: process, thread, user. */
import type { Inst } from "../../ir/index.ts";
import type { Handler } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";

/** Offsets in struct bpf_pidns_info. */
const NAMESPACE_TID = 0;
const NAMESPACE_PID = 4;

/** The process (thread group) id as this session's pid namespace has it: 0 for processes of others. */
export function processId(h: Handler): Inst {
  return inNamespace(h, NAMESPACE_PID) ?? initialProcessId(h);
}

export function threadId(h: Handler): Inst {
  return inNamespace(h, NAMESPACE_TID) ?? initialThreadId(h);
}

/** The kernel's own number, which the helper returns above the thread's. */
export function initialProcessId(h: Handler): Inst {
  return h.builder.binary("lshr", h.builder.call(Helper.pidTgid, []), h.constant(32));
}

export function initialThreadId(h: Handler): Inst {
  return h.builder.extend(h.builder.call(Helper.pidTgid, []), 32, false);
}

/** Undefined in the initial namespace. */
function inNamespace(h: Handler, field: number): Inst | undefined {
  const namespace = h.object.target.facts?.pidNamespace?.();
  if (namespace === undefined) return undefined;
  const { builder } = h;
  const info = builder.slot(8, "pids");
  builder.zero(info, 0, 8);
  const [device, inode] = [h.constant(namespace.device), h.constant(namespace.inode)];
  builder.call(Helper.nsCurrentPidTgid, [device, inode, info, h.constant(8)]);
  return builder.load(info, field, 4);
}

export function userId(h: Handler): Inst {
  return h.builder.extend(h.builder.call(Helper.uidGid, []), 32, false);
}

export function groupId(h: Handler): Inst {
  return h.builder.binary("lshr", h.builder.call(Helper.uidGid, []), h.constant(32));
}

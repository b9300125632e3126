/** Who is running, as the session's pid namespace has it. */
import type { Inst } from "../../ir/index.ts";
import { Helper } from "../../lowering/helpers.ts";
import * as initial from "../../lowering/identity.ts";
import type { Handler } from "./handler.ts";

/** Offsets in struct bpf_pidns_info. */
const NAMESPACE_TID = 0;
const NAMESPACE_PID = 4;

/** The process (thread group) id: 0 for processes of other namespaces. */
export function processId(h: Handler): Inst {
  return inNamespace(h, NAMESPACE_PID) ?? initial.processId(h);
}

export function threadId(h: Handler): Inst {
  return inNamespace(h, NAMESPACE_TID) ?? initial.threadId(h);
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

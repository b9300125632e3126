/** Builtins whose values fit a register. */
import type { Inst } from "../../ir/index.ts";
import type { Builtin } from "../ast.ts";
import { argument, result } from "./arguments.ts";
import { elapsed, now } from "./clocks.ts";
import type { Handler } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";
import { taskAddress, taskNumber } from "./tasks.ts";
import { groupId, userId } from "../../lowering/identity.ts";
import { processId, threadId } from "./identity.ts";
import { notLowered, refuse } from "./messages.ts";
import { registers } from "../../lowering/registers.ts";

type Lowering = (h: Handler, e: Builtin) => Inst;

const BUILTINS: Readonly<Record<string, Lowering>> = {
  pid: processId,
  tid: threadId,
  uid: userId,
  gid: groupId,
  nsecs: now,
  elapsed,
  jiffies: (h) => h.builder.call(Helper.jiffies64, []),
  cpu: (h) => h.builder.call(Helper.processorId, []),
  numaid: (h) => h.builder.call(Helper.numaNode, []),
  cgroup: (h) => h.builder.call(Helper.currentCgroupId, []),
  rand: (h) => h.builder.extend(h.builder.call(Helper.prandomU32, []), 32, false),
  ctx: (h) => h.context(),
  curtask: currentTask,
  ppid: (h, e) =>
    taskNumber(h, taskAddress(h, h.object.target.features.taskBtf === true), ["real_parent", "tgid"], e.span),
  leader_tid: (h, e) =>
    taskNumber(h, taskAddress(h, h.object.target.features.taskBtf === true), ["group_leader", "pid"], e.span),
  cpid: (h) => h.constant(h.program.given.cpid ?? 0),
  has_cpid: (h) => h.constant(h.program.given.cpid === undefined ? 0 : 1),
  ncpus: possibleCpus,
  retval: (h, e) => result(h, h.typeOf(e), e.span),
  usermode,
};

export function builtin(h: Handler, e: Builtin): Inst {
  const index = /^arg(\d+)$/.exec(e.name)?.[1];
  if (index !== undefined) return argument(h, Number(index), h.typeOf(e), e.span);
  const lower = Object.hasOwn(BUILTINS, e.name) ? BUILTINS[e.name] : undefined;
  return lower === undefined ? refuse(notLowered, e.span, `${e.name} is`) : lower(h, e);
}

function currentTask(h: Handler, e: Builtin): Inst {
  const type = h.typeOf(e);
  return taskAddress(h, type.kind === "pointer" && type.trusted);
}

function possibleCpus(h: Handler, e: Builtin): Inst {
  const { facts } = h.object.target;
  return facts === undefined
    ? refuse(notLowered, e.span, "ncpus without the system it runs on is")
    : h.constant(facts.cpus());
}

/** Whether the CPU was in user mode when the event came: the privilege level in cs, the mode in pstate. */
function usermode(h: Handler, e: Builtin): Inst {
  const { builder } = h;
  const { arch } = h.object.target;
  const offset = registers(arch).offset(arch === "x86_64" ? "cs" : "pstate");
  if (offset === undefined) return refuse(notLowered, e.span, "usermode is");
  const word = builder.load(h.context(), offset, 8);
  return arch === "x86_64"
    ? builder.compare("eq", builder.binary("and", word, h.constant(3)), h.constant(3))
    : builder.compare("eq", builder.binary("and", word, h.constant(15)), h.constant(0));
}

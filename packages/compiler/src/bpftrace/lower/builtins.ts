/** Builtins whose values fit a register. */
import { findMember } from "@sonde/bpf/btf";
import { pointerTo, type Inst } from "../../ir/index.ts";
import type { Builtin } from "../ast.ts";
import { argument, result } from "./arguments.ts";
import { elapsed, now } from "./clocks.ts";
import type { Type } from "../types.ts";
import type { Handler } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";
import { groupId, processId, threadId, userId } from "./identity.ts";
import { read, type Place } from "./memory.ts";
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
  ppid: parentProcessId,
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

function taskAddress(h: Handler, trusted: boolean): Inst {
  return trusted
    ? h.builder.call(Helper.currentTaskBtf, [], pointerTo("trusted"))
    : h.builder.call(Helper.currentTask, []);
}

/** `curtask->real_parent->tgid`. */
function parentProcessId(h: Handler, e: Builtin): Inst {
  const { btf } = h.object.target;
  const [task] = btf?.find("task_struct", "struct") ?? [];
  const parent = btf !== undefined && task !== undefined ? findMember(btf, task, "real_parent") : undefined;
  const tgid = btf !== undefined && task !== undefined ? findMember(btf, task, "tgid") : undefined;
  if (task === undefined || parent === undefined || tgid === undefined)
    return refuse(notLowered, e.span, "ppid without the kernel's types is");
  const trusted = h.object.target.features.taskBtf === true;
  const at = (base: Inst, member: typeof parent): Place => ({
    base,
    offset: member.bitOffset / 8,
    space: "kernel",
    trusted,
    field: { struct: task, path: member.path },
  });
  const address: Type = { kind: "pointer", to: { kind: "void" }, space: "kernel", trusted };
  const real = read(h, at(taskAddress(h, trusted), parent), address, e.span);
  return read(h, at(real, tgid), { kind: "int", size: 4, signed: true }, e.span);
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

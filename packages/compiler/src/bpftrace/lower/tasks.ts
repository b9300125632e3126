/** What the kernel's structs say of a task: its parent, its leader, their numbers and names. */
import { findMember } from "@sonde/bpf/btf";
import { pointerTo, type Inst } from "../../ir/index.ts";
import { Helper } from "../../lowering/helpers.ts";
import type { Span } from "../ast.ts";
import type { Type } from "../types.ts";
import type { Handler } from "./handler.ts";
import { read, type Place } from "./memory.ts";
import { notLowered, refuse } from "./messages.ts";

const NUMBER: Type = { kind: "int", size: 4, signed: true };

/** The current task: `trusted` pointers are loaded through directly, the others by helpers. */
export function taskAddress(h: Handler, trusted: boolean): Inst {
  return trusted
    ? h.builder.call(Helper.currentTaskBtf, [], pointerTo("trusted"))
    : h.builder.call(Helper.currentTask, []);
}

/** A number of the task at `task`: ["real_parent", "tgid"] is `task->real_parent->tgid`. */
export function taskNumber(h: Handler, task: Inst, path: readonly string[], span: Span): Inst {
  return read(h, taskPlace(h, task, path, span), NUMBER, span);
}

/** Where the last member of a path lies, each of whose members but the last points to a task. */
export function taskPlace(h: Handler, task: Inst, path: readonly string[], span: Span): Place {
  const { btf } = h.object.target;
  const [struct] = btf?.find("task_struct", "struct") ?? [];
  if (btf === undefined || struct === undefined)
    return refuse(notLowered, span, "what only the kernel's types can tell, where there are none, is");
  const trusted = task.type.kind === "pointer";
  const pointer: Type = { kind: "pointer", to: { kind: "void" }, space: "kernel", trusted };
  let base = task;
  for (const [index, name] of path.entries()) {
    const member = findMember(btf, struct, name);
    if (member === undefined) return refuse(notLowered, span, `task_struct without ${name} is`);
    const place: Place = {
      base,
      offset: member.bitOffset / 8,
      space: "kernel",
      trusted,
      field: { struct, path: member.path },
    };
    if (index === path.length - 1) return place;
    base = read(h, place, pointer, span);
  }
  throw new Error("a path of no members");
}

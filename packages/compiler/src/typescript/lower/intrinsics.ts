/** Functions of `sonde/probe` that handlers call: the kernel's helpers. */
import { refuse } from "../../diagnostics/index.ts";
import type { Inst } from "../../ir/index.ts";
import { COMM_BYTES } from "../../lowering/current-task.ts";
import type { Spot } from "../../lowering/frame.ts";
import { Helper } from "../../lowering/helpers.ts";
import { groupId, processId, threadId, userId } from "../../lowering/identity.ts";
import { address, readString, spotAddress } from "../../lowering/memory.ts";
import { storeStackId } from "../../lowering/stacks.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, typeArgumentsOf, type Node } from "../syntax/ast.ts";
import { int, isScalar, S32, U32, U64, type IntType, type PointerType } from "../types/type.ts";
import { expectArguments, type CallNode } from "./calls.ts";
import { expression } from "./expressions.ts";
import { behind, readPlace } from "./places.ts";
import { loopCall } from "./loop.ts";
import { field } from "./members.ts";
import type { Program } from "./program.ts";
import { constantNumber, convert, scalarOf } from "./scalar.ts";
import { UNDEFINED, type Value } from "./value.ts";

export function intrinsicCall(p: Program, name: string, call: CallNode): Value {
  const simple = automatic(p, name, call.node);
  if (simple !== undefined) {
    expectArguments(call, 0, 0);
    return simple;
  }
  const width = /^([us])(8|16|32|64)$/.exec(name);
  if (width !== null) return conversion(p, int((Number(width[2]) / 8) as IntType["size"], width[1] === "s"), call);
  switch (name) {
    case "readUserString":
      return readText(p, "user", call);
    case "readKernelString":
      return readText(p, "kernel", call);
    case "readUser":
      return readMemory(p, true, call);
    case "readKernel":
      return readMemory(p, false, call);
    case "byteSwap":
      return byteSwap(p, call);
    case "address":
      return addressOf(p, call);
    case "loop":
      return loopCall(p, call);
    case "range":
      return refuse(
        messages.unsupported,
        spanOf(call.node),
        "range() outside of a loop",
        "for (const i of range(8)) { ... }",
      );
    default:
      return refuse(messages.notCallable, spanOf(call.node), `${name}()`);
  }
}

/** What the kernel knows without being told anything; undefined if `name` is something else. */
export function automatic(p: Program, name: string, node: Node): Value | undefined {
  const { builder } = p;
  const scalar = (inst: Inst, type: IntType | PointerType): Value => ({ kind: "scalar", inst, type });
  switch (name) {
    case "ktime":
      return scalar(builder.call(Helper.ktimeGetNs, []), U64);
    case "bootTime":
      return scalar(builder.call(Helper.ktimeGetBootNs, []), U64);
    case "pid":
      return scalar(processId(p), U32);
    case "tid":
      return scalar(threadId(p), U32);
    case "uid":
      return scalar(userId(p), U32);
    case "gid":
      return scalar(groupId(p), U32);
    case "cpu":
      return scalar(builder.call(Helper.processorId, []), U32);
    case "random":
      return scalar(builder.extend(builder.call(Helper.prandomU32, []), 32, false), U32);
    case "cgroupId":
      return scalar(builder.call(Helper.currentCgroupId, []), U64);
    case "currentTask":
      return currentTask(p, node);
    case "ppid":
      return {
        ...field(p, field(p, currentTask(p, node), "real_parent", node, node), "tgid", node, node),
        type: S32,
      } as Value;
    case "comm":
      return {
        kind: "produced",
        type: { kind: "text", size: COMM_BYTES },
        write: (spot, exact) => writeComm(p, spot, exact),
      };
    case "kernelStack":
    case "userStack": {
      const type = { kind: "stack", user: name === "userStack", frames: 127 } as const;
      const owner = type.user ? (): Inst => processId(p) : undefined;
      return { kind: "produced", type, write: (spot) => storeStackId(p, p.object.stackMap(type), owner, spot) };
    }
    default:
      return undefined;
  }
}

function currentTask(p: Program, node: Node): Value {
  const { btf } = p.object.target;
  const to = btf?.find("task_struct", "struct")[0];
  if (to === undefined)
    return refuse(messages.unknownKernel, spanOf(node), "struct", "task_struct", "build with --btf FILE");
  return {
    kind: "scalar",
    inst: p.builder.call(p.followsTasks ? Helper.currentTaskBtf : Helper.currentTask, []),
    type: { kind: "pointer", to, user: false, followed: true },
  };
}

/** One call serves a whole handler. */
function writeComm(p: Program, spot: Spot, exact: boolean): void {
  const { builder } = p;
  const known = p.comm;
  if (known !== undefined)
    return builder.copy(spot.base, spot.offset, known.base, known.offset, COMM_BYTES, spot.offset % 8 === 0 ? 8 : 4);
  // Some kernels (6.1) write nothing behind the NUL.
  if (exact && spot.offset % 8 === 0) builder.zero(spot.base, spot.offset, COMM_BYTES);
  else if (exact)
    for (let at = 0; at < COMM_BYTES; at += 4) builder.store(spot.base, spot.offset + at, 4, p.constant(0));
  builder.call(Helper.comm, [spotAddress(p, spot), p.constant(COMM_BYTES)]);
  if (exact && spot.offset % 8 === 0) p.rememberComm(spot);
}

function conversion(p: Program, type: IntType, call: CallNode): Value {
  expectArguments(call, 1, 1);
  const value = expression(p, call.args[0]!);
  const known = constantNumber(value);
  const bits = type.size * 8;
  if (known !== undefined)
    return { kind: "constant", value: type.signed ? BigInt.asIntN(bits, known) : BigInt.asUintN(bits, known), type };
  return { kind: "scalar", inst: convert(p, scalarOf(p, value, call.args[0]!), type), type };
}

const DEFAULT_TEXT = 64;
const MOST_TEXT = 4096;

/** A string of the kernel's or a process's, of at most so many bytes. */
function readText(p: Program, space: "user" | "kernel", call: CallNode): Value {
  expectArguments(call, 1, 2);
  const from = expression(p, call.args[0]!);
  const { inst } = from.kind === "memory" ? { inst: address(p, from.place) } : scalarOf(p, from, call.args[0]!);
  const size = call.args[1] === undefined ? BigInt(DEFAULT_TEXT) : constantNumber(expression(p, call.args[1]));
  if (size === undefined || size < 1n || size > BigInt(MOST_TEXT))
    return refuse(
      messages.notConstant,
      spanOf(call.args[1] ?? call.node),
      `the size of a text (1 to ${MOST_TEXT} bytes)`,
    );
  const bytes = Number(size);
  return {
    kind: "produced",
    type: { kind: "text", size: bytes },
    write: (spot, exact) => {
      if (exact) clear(p, spot, bytes);
      readString(p, inst, space, spot, p.constant(bytes));
    },
    writeStart: (spot, start) => void readString(p, inst, space, spot, p.constant(start)),
  };
}

function clear(p: Program, spot: Spot, bytes: number): void {
  const size = ([8, 4, 2, 1] as const).find((each) => spot.offset % each === 0)!;
  if (size === 8 && bytes >= 8) {
    p.builder.zero(spot.base, spot.offset, bytes);
    return;
  }
  for (let at = 0; at < bytes;) {
    const width = ([8, 4, 2, 1] as const).find((each) => (spot.offset + at) % each === 0 && at + each <= bytes)!;
    p.builder.store(spot.base, spot.offset + at, width, p.constant(0));
    at += width;
  }
}

/** `readUser<T>(address)`: a number, or a struct of the kernel's by its fields. */
function readMemory(p: Program, user: boolean, call: CallNode): Value {
  expectArguments(call, 1, 1);
  const [written] = typeArgumentsOf(call.node) ?? [];
  if (written === undefined)
    return refuse(messages.notConstant, spanOf(call.node), `the type that ${call.name}<TYPE>() reads`);
  const type = p.object.resolver.resolve(written, p.scope.registered.module);
  const from = scalarOf(p, expression(p, call.args[0]!), call.args[0]!);
  if (type.kind === "pointer" && type.to !== 0) {
    // A struct's name stands for its address: nothing is read before a field is.
    return { kind: "scalar", inst: from.inst, type: { ...type, user } };
  }
  const pointer = { inst: from.inst, type: { kind: "pointer", to: 0, user, followed: false } as const };
  const place = { ...behind(pointer), trusted: false };
  if (isScalar(type)) return readPlace(p, place, type);
  return { kind: "memory", place, type };
}

function byteSwap(p: Program, call: CallNode): Value {
  expectArguments(call, 1, 1);
  const { inst, type } = scalarOf(p, expression(p, call.args[0]!), call.args[0]!);
  if (type.kind !== "int" || type.size === 1)
    return refuse(
      messages.unsupported,
      spanOf(call.node),
      "byteSwap() of this",
      "give it a u16, u32 or u64, as in byteSwap(u16(x))",
    );
  return {
    kind: "scalar",
    inst: p.builder.byteSwap(inst, (type.size * 8) as 16 | 32 | 64),
    type: int(type.size, false),
  };
}

function addressOf(p: Program, call: CallNode): Value {
  expectArguments(call, 1, 1);
  const value = expression(p, call.args[0]!);
  if (value.kind === "memory" && value.place.space !== "program")
    return { kind: "scalar", inst: address(p, value.place), type: U64 };
  if (value.kind === "scalar" && value.type.kind === "pointer") {
    // A pointer that the verifier follows is no number to it until it has been one in memory.
    if (value.inst.type.kind !== "pointer") return { ...value, type: U64 };
    p.builder.store(p.word(), 0, 8, value.inst);
    return { kind: "scalar", inst: p.builder.load(p.word(), 0, 8), type: U64 };
  }
  return value.kind === "constant"
    ? UNDEFINED
    : refuse(messages.notANumber, spanOf(call.args[0]!), "what has no address");
}

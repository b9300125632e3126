/**
 * The current task, read directly. Newer kernels hand it out as a pointer that programs may load
 * through, which costs a fraction of what a helper does: its name is two loads, its numbers one each.
 * A program that is to run on older kernels too is made in two versions, of which the verifier keeps one.
 */
import { CoreKind } from "@sonde/bpf/asm";
import { findMember, type Btf, type TypeId } from "@sonde/bpf/btf";
import type { ProgramType, Target } from "@sonde/bpf/spec";
import { BlockCopies } from "../ir/copy.ts";
import { renamePredecessor } from "../ir/edges.ts";
import { pointerTo, type AccessSize, type Block, type Call, type Func, type Inst } from "../ir/index.ts";
import { operand, operandCount, SCALAR, successor, successorCount } from "../ir/values.ts";
import { replaceInstructions } from "../passes/editor.ts";
import type { Editor } from "../passes/editor.ts";
import { frameAddress } from "../codegen/frame.ts";
import { Helper } from "./helpers.ts";
import type { ObjectTypes } from "./object-types.ts";

/** Bytes of a command's name, NUL included (the kernel's TASK_COMM_LEN). */
export const COMM_BYTES = 16;

const TRACING: ReadonlySet<ProgramType> = new Set([
  "tracepoint",
  "raw_tracepoint",
  "tracing",
  "kprobe",
  "perf_event",
  "lsm",
]);

/** Whether a program may ask for the current task's pointer and load through it. */
export function followsTasks(type: ProgramType, license: string): boolean {
  return TRACING.has(type) && /^(GPL|Dual )/.test(license);
}

/**
 * Which kernels it holds for: the Target's, or those that have the pointer, asked when the object is
 * loaded. Both mean 5.17 at least: since then a name is followed by zeros to its end. The helper
 * bpf_loop came with it, which is how a kernel tells.
 */
export type Kernels = "target" | "any";

const ENUM = "bpf_func_id";
const LOOP = { name: "BPF_FUNC_loop", value: 181 };

/** To be called when a function is built, and before the object's types are settled. */
export function readTaskDirectly(func: Func, types: ObjectTypes, target: Target, kernels: Kernels): void {
  if (!func.blocks.some(({ insts }) => insts.some(wantsTask))) return;
  if (kernels === "target" && (target.features.taskBtf !== true || target.features.loop !== true)) return;
  const { btf } = target;
  const [struct] = btf?.find("task_struct", "struct") ?? [];
  if (btf === undefined || struct === undefined) return;
  const blocks = kernels === "any" ? splitVersions(func, types) : func.blocks;
  new DirectReads(func, { types, btf, struct }).rewrite(blocks);
}

function wantsTask(inst: Inst): boolean {
  return inst.op === "call" && (inst.helper === Helper.currentTaskBtf || isWholeName(inst));
}

/** The name, asked for with all its bytes. */
function isWholeName({ helper, args: [, size] }: Call): boolean {
  return helper === Helper.comm && size?.op === "const" && size.value === BigInt(COMM_BYTES);
}

/** Gives the blocks of the version for newer kernels. */
function splitVersions(func: Func, types: ObjectTypes): readonly Block[] {
  const { entry } = func;
  const context = entry.insts.filter(({ op }) => op === "context" || op === "param");
  const body: Block = {
    id: func.nextId++,
    name: "task pointer",
    insts: [],
    terminator: entry.terminator,
    predecessors: [entry],
  };
  body.insts = entry.insts.filter((inst) => !context.includes(inst));
  for (const inst of body.insts) inst.block = body;
  for (let index = 0; index < successorCount(body); index++) renamePredecessor(successor(body, index), entry, body);
  entry.insts = context;
  const newer = [body, ...func.blocks.slice(1)];
  const older = new BlockCopies(func, newer);
  const first = older.of(body);
  first.predecessors.push(entry);
  const source = body.terminator?.source;
  // In the interpreter, which relocates nothing, the helpers are asked.
  const condition: Inst = {
    op: "coreValue",
    id: func.nextId++,
    type: SCALAR,
    block: entry,
    source,
    core: types.hasEnumerator(ENUM, LOOP),
    fallback: 0,
  };
  const zero: Inst = { op: "const", id: func.nextId++, type: SCALAR, block: entry, source, value: 0n };
  entry.terminator = {
    op: "branch",
    kind: "ne",
    width: 64,
    a: condition,
    b: zero,
    then: body,
    otherwise: first,
    source,
    likely: true,
  };
  func.blocks = [entry, ...newer, ...older.blocks];
  readByHelpers(func, older.blocks);
  return newer;
}

/** Where there is no such pointer, it is a number, and what lies behind it is copied. */
function readByHelpers(func: Func, blocks: readonly Block[]): void {
  const tasks = findTaskPointers(blocks);
  const word: Inst = {
    op: "slot",
    id: func.nextId++,
    type: pointerTo("stack"),
    block: func.entry,
    source: undefined,
    bytes: 8,
    name: "word",
  };
  const reads = new Set<Inst>();
  for (const { insts } of blocks)
    for (const inst of insts) if (inst.op === "load" && tasks.has(inst.base)) reads.add(inst);
  const replace = (editor: Editor, inst: Inst): Inst | undefined => {
    if (inst.op === "call" && inst.helper === Helper.currentTaskBtf) return editor.call(Helper.currentTask, []);
    if (inst.op !== "load" || !reads.has(inst)) {
      if (tasks.has(inst)) inst.type = SCALAR;
      return inst;
    }
    const at = inst.core === undefined ? editor.constant(inst.offset) : editor.core(inst.core, inst.offset);
    const address = editor.binary("add", inst.base, at);
    editor.call(Helper.probeReadKernel, [word, editor.constant(inst.size), address]);
    return editor.load(word, 0, inst.size, { signed: inst.signed });
  };
  replaceInstructions(func, replace, blocks);
}

/** Pointers that come from the current task. */
function findTaskPointers(blocks: readonly Block[]): ReadonlySet<Inst> {
  const found = new Set<Inst>();
  for (let size = -1; size < found.size;) {
    size = found.size;
    for (const { insts } of blocks) {
      for (const inst of insts) {
        if (inst.op === "call" ? inst.helper === Helper.currentTaskBtf : comesFrom(inst, found)) found.add(inst);
      }
    }
  }
  return found;
}

function comesFrom(inst: Inst, tasks: ReadonlySet<Inst>): boolean {
  if (inst.type.kind !== "pointer") return false;
  const count = operandCount(inst);
  for (let index = 0; index < count; index++) if (tasks.has(operand(inst, index))) return true;
  return false;
}

interface TaskStruct {
  readonly types: ObjectTypes;
  readonly btf: Btf;
  readonly struct: TypeId;
}

/** Replaces the helpers that answer what the task's struct says. */
class DirectReads {
  readonly #func: Func;
  readonly #task: TaskStruct;

  constructor(func: Func, task: TaskStruct) {
    this.#func = func;
    this.#task = task;
  }

  rewrite(blocks: readonly Block[]): void {
    const halves = findHalves(blocks);
    const replace = (editor: Editor, inst: Inst): Inst | undefined => {
      if (inst.op === "call" && isWholeName(inst)) return this.#copyName(editor, inst);
      const half = halves.get(inst);
      return half && this.#number(editor, half);
    };
    replaceInstructions(this.#func, replace, blocks);
  }

  /** The helper's answer, which is 0. */
  #copyName(editor: Editor, { args: [to] }: Call): Inst {
    const task = this.#pointer(editor);
    const offset = frameAddress(to!)?.offset ?? 0;
    const step: AccessSize = offset % 8 === 0 ? 8 : 4;
    for (let at = 0; at < COMM_BYTES; at += step)
      editor.store(to!, at, step, this.#load(editor, task, "comm", [at], at, step));
    return editor.constant(0);
  }

  #number(editor: Editor, name: "pid" | "tgid"): Inst {
    return this.#load(editor, this.#pointer(editor), name, [], 0, 4);
  }

  #pointer(editor: Editor): Inst {
    return editor.call(Helper.currentTaskBtf, [], pointerTo("trusted"));
  }

  #load(editor: Editor, task: Inst, name: string, element: readonly number[], at: number, size: AccessSize): Inst {
    const { types, btf, struct } = this.#task;
    const member = findMember(btf, struct, name);
    if (member === undefined) throw new Error(`task_struct has no ${name}`);
    const core = types.relocation(CoreKind.FieldByteOffset, struct, [...member.path, ...element]);
    return editor.load(task, member.bitOffset / 8 + at, size, { core });
  }
}

/** The halves of bpf_get_current_pid_tgid that are looked at, where nobody wants the whole. */
function findHalves(blocks: readonly Block[]): ReadonlyMap<Inst, "pid" | "tgid"> {
  const halves = new Map<Inst, "pid" | "tgid">();
  for (const { insts } of blocks) {
    for (const inst of insts) {
      if (inst.op === "extend" && inst.bits === 32 && !inst.signed && isIds(inst.a)) halves.set(inst, "pid");
      else if (isUpperHalf(inst)) halves.set(inst, "tgid");
    }
  }
  return halves;
}

function isIds(inst: Inst): boolean {
  return inst.op === "call" && inst.helper === Helper.pidTgid;
}

function isUpperHalf(inst: Inst): boolean {
  return (
    inst.op === "binary" &&
    inst.kind === "lshr" &&
    inst.width === 64 &&
    isIds(inst.a) &&
    inst.b.op === "const" &&
    inst.b.value === 32n
  );
}

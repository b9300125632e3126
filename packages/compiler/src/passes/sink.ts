/**
 * What can be asked at any time is asked where it is used: who runs, and what lies behind the current
 * task. On ways that do not use it it costs nothing, and on the others it need not wait through calls.
 */
import { helperEffects } from "../codegen/helpers.ts";
import { commonDominator, findDominators } from "../ir/dominators.ts";
import type { Dominators } from "../ir/dominators.ts";
import type { Block, Func, Inst } from "../ir/ir.ts";
import { isFloating, operand, operandCount } from "../ir/values.ts";
import { findLoops } from "./hoist.ts";
import type { Loop } from "./hoist.ts";

export function sinkAnswers(func: Func): boolean {
  const candidates = func.blocks.flatMap(({ insts }) => insts.filter(isAnswer));
  if (candidates.length === 0) return false;
  const dominators = findDominators(func);
  const loops = findLoops(func, dominators);
  const alone = findAlone(func, candidates);
  let changed = false;
  // Users first, so that what they use can follow them.
  for (const inst of candidates.reverse()) {
    const users = findUsers(func, inst);
    const target = destination(inst, users, dominators, loops);
    if (target === undefined || (alone.has(inst) && isExpected(inst.block, target, dominators))) continue;
    if (move(inst, target, users)) changed = true;
  }
  return changed;
}

/**
 * Answers that only one value comes of. It can wait as well as what the call that makes it would keep
 * waiting, so on a way that is the usual one it stays.
 */
function findAlone(func: Func, answers: readonly Inst[]): ReadonlySet<Inst> {
  const uses = new Map<Inst, number>();
  for (const inst of answers) {
    const used = findUsers(func, inst).filter((user) => user.inst === undefined || !isAnswer(user.inst)).length;
    uses.set(rootOf(inst), (uses.get(rootOf(inst)) ?? 0) + used);
  }
  return new Set(answers.filter((inst) => uses.get(rootOf(inst)) === 1));
}

/** The call that an answer comes from. */
function rootOf(inst: Inst): Inst {
  return inst.op === "call" ? inst : rootOf(operand(inst, 0));
}

/** Whether every branch on the way from one block to another expects that way to be taken. */
function isExpected(from: Block, to: Block, { order, index, parent }: Dominators): boolean {
  for (let at = to; at !== from;) {
    const above = order[parent[index[at.id]!]!]!;
    const { terminator } = above;
    if (terminator?.op === "branch" && at.predecessors.length === 1) {
      const { then, otherwise, likely } = terminator;
      if (!(likely === true && then === at) && !(likely === false && otherwise === at)) return false;
    }
    at = above;
  }
  return true;
}

/** A pure call without arguments of its own, or what is computed and loaded from one alone. */
function isAnswer(inst: Inst): boolean {
  switch (inst.op) {
    case "call":
      return helperEffects(inst.helper).pure && inst.args.every(isFloating);
    case "load":
      return !inst.volatile && isPointerTo(inst.base, "trusted") && isAnswer(inst.base);
    case "extend":
    case "byteSwap":
      return isAnswer(inst.a);
    case "binary":
      return inst.b.op === "const" && isAnswer(inst.a);
    default:
      return false;
  }
}

function isPointerTo({ type }: Inst, to: "trusted"): boolean {
  return type.kind === "pointer" && type.to === to;
}

/** Where a value is used: an instruction, or the end of a block. */
interface User {
  readonly block: Block;
  readonly inst: Inst | undefined;
}

function findUsers(func: Func, value: Inst): readonly User[] {
  const users: User[] = [];
  for (const block of func.blocks) {
    for (const inst of block.insts) {
      const count = operandCount(inst);
      for (let index = 0; index < count; index++) {
        if (operand(inst, index) !== value) continue;
        users.push(inst.op === "phi" ? { block: block.predecessors[index]!, inst: undefined } : { block, inst });
      }
    }
    const { terminator } = block;
    const ends =
      terminator?.op === "branch"
        ? terminator.a === value || terminator.b === value
        : terminator?.op === "return" && terminator.value === value;
    if (ends) users.push({ block, inst: undefined });
  }
  return users;
}

/** The last block that all uses are behind, and that is in no loop which the value is not in already. */
function destination(
  inst: Inst,
  users: readonly User[],
  dominators: Dominators,
  loops: readonly Loop[],
): Block | undefined {
  let target: Block | undefined;
  for (const { block } of users) target = target === undefined ? block : commonDominator(dominators, target, block);
  while (target !== undefined && target !== inst.block && loops.some((loop) => entersLoop(loop, inst.block, target!)))
    target = dominators.order[dominators.parent[dominators.index[target.id]!]!];
  return target;
}

function entersLoop({ blocks }: Loop, from: Block, to: Block): boolean {
  return blocks.has(to) && !blocks.has(from);
}

/** Puts the instruction before the first that uses it there. Within a block that is worth it only past a call. */
function move(inst: Inst, target: Block, users: readonly User[]): boolean {
  const from = inst.block.insts.indexOf(inst);
  const own = new Set(users.map((user) => user.inst));
  const first = target.insts.findIndex((each) => own.has(each));
  let to = first < 0 ? target.insts.length : first;
  if (inst.op === "call") to = beforeWaiting(target, to);
  if (target === inst.block && !target.insts.slice(from + 1, to).some(isCall)) return false;
  inst.block.insts.splice(from, 1);
  target.insts.splice(target === inst.block ? to - 1 : to, 0, inst);
  inst.block = target;
  return true;
}

/** A call before `at`, above the loads and sums right before it, whose values would else wait through it. */
function beforeWaiting({ insts }: Block, at: number): number {
  let to = at;
  while (to > 0 && ["load", "binary", "extend", "compare"].includes(insts[to - 1]!.op)) to--;
  return to;
}

function isCall({ op }: Inst): boolean {
  return op === "call" || op === "callFunction" || op === "callKernel";
}

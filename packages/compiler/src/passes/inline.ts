/**
 * Inlining: a call of a small subprogram, or of one that is called only here, becomes its body. A call
 * costs some 10 ns and what the caller keeps in registers that calls overwrite.
 */
import { BlockCopies } from "../ir/copy.ts";
import { applyReplacements, renamePredecessor } from "../ir/edges.ts";
import type { Replacements } from "../ir/edges.ts";
import type { Block, CallFunction, Func, Inst, Module } from "../ir/ir.ts";
import { operand, operandCount, successor, successorCount } from "../ir/values.ts";

/** Instructions of a body that is worth copying for every call. */
const SMALL = 24;
/** Instructions to which a function may grow. */
const LARGEST = 4000;

/** Changes the functions; those that nobody calls any more are dropped from the module. */
export function inlineCalls(module: Module): void {
  const functions = new Map(module.functions.map((func) => [func.name, func]));
  // Callees first, so that what is copied has been inlined itself.
  for (const caller of calleesFirst(module, functions)) {
    for (let site = findSite(module, caller, functions); site !== undefined; site = findSite(module, caller, functions))
      inline(caller, site, functions.get(site.callee)!);
  }
  dropUncalled(module);
}

/** Takes functions out of the module that neither the main function nor what it calls refers to. */
export function dropUncalled(module: Module): void {
  const functions = new Map(module.functions.map((func) => [func.name, func]));
  const used = new Set([...reachable(module, functions)].map(({ name }) => name));
  module.functions.splice(0, module.functions.length, ...module.functions.filter(({ name }) => used.has(name)));
}

type Functions = ReadonlyMap<string, Func>;

function named(func: Func): readonly string[] {
  const names: string[] = [];
  for (const { insts } of func.blocks) {
    for (const inst of insts) {
      if (inst.op === "callFunction") names.push(inst.callee);
      const count = operandCount(inst);
      for (let index = 0; index < count; index++) {
        const value = operand(inst, index);
        if (value.op === "functionAddress") names.push(value.callee);
      }
    }
  }
  return names;
}

function reachable(module: Module, functions: Functions): ReadonlySet<Func> {
  const found = new Set<Func>([module.main]);
  for (const func of found) {
    for (const name of named(func)) {
      const callee = functions.get(name);
      if (callee !== undefined) found.add(callee);
    }
  }
  return found;
}

function calleesFirst(module: Module, functions: Functions): readonly Func[] {
  const order: Func[] = [];
  const seen = new Set<Func>();
  const visit = (func: Func): void => {
    if (seen.has(func)) return;
    seen.add(func);
    for (const name of named(func)) {
      const callee = functions.get(name);
      if (callee !== undefined) visit(callee);
    }
    order.push(func);
  };
  for (const func of [module.main, ...module.functions]) visit(func);
  return order;
}

function findSite(module: Module, caller: Func, functions: Functions): CallFunction | undefined {
  for (const { insts } of caller.blocks) {
    for (const inst of insts) {
      if (inst.op !== "callFunction") continue;
      const callee = functions.get(inst.callee);
      if (callee?.kind !== "subprogram" || callee === caller || named(callee).includes(callee.name)) continue;
      const size = sizeOf(callee);
      if (sizeOf(caller) + size > LARGEST) continue;
      if (size <= SMALL || isCalledOnce(module, callee.name)) return inst;
    }
  }
  return undefined;
}

function sizeOf(func: Func): number {
  return func.blocks.reduce((sum, { insts }) => sum + insts.length + 1, 0);
}

function isCalledOnce(module: Module, name: string): boolean {
  const uses = [module.main, ...module.functions].flatMap(named).filter((each) => each === name);
  return uses.length === 1;
}

function inline(caller: Func, call: CallFunction, callee: Func): void {
  const { block } = call;
  const at = block.insts.indexOf(call);
  const after: Block = {
    id: caller.nextId++,
    name: `after ${callee.name}`,
    insts: block.insts.slice(at + 1),
    terminator: block.terminator,
    predecessors: [],
  };
  for (const inst of after.insts) inst.block = after;
  for (let index = 0; index < successorCount(after); index++) renamePredecessor(successor(after, index), block, after);
  block.insts.length = at;
  const copies = new BlockCopies(caller, callee.blocks, argumentsOf(callee, call));
  const entry = copies.of(callee.entry);
  const results = leadTo(after, copies.blocks);
  block.terminator = { op: "jump", target: entry, source: call.source };
  entry.predecessors.push(block);
  caller.blocks.splice(caller.blocks.indexOf(block) + 1, 0, ...copies.blocks, after);
  const phi: Inst = {
    op: "phi",
    id: caller.nextId++,
    type: call.type,
    block: after,
    source: call.source,
    inputs: results,
  };
  after.insts.unshift(phi);
  const table: Replacements = [];
  table[call.id] = phi;
  applyReplacements(caller, table);
}

/** What stands in the place of the parameters. */
function argumentsOf(callee: Func, call: CallFunction): ReadonlyMap<Inst, Inst> {
  const given = new Map<Inst, Inst>();
  for (const { insts } of callee.blocks)
    for (const inst of insts) if (inst.op === "param") given.set(inst, call.args[inst.index]!);
  return given;
}

/** Where the body returned, it goes on to `after`. What it returned, for each of that block's predecessors. */
function leadTo(after: Block, body: readonly Block[]): Inst[] {
  const results: Inst[] = [];
  for (const block of body) {
    const { terminator } = block;
    if (terminator?.op !== "return") continue;
    results.push(terminator.value);
    after.predecessors.push(block);
    block.terminator = { op: "jump", target: after, source: terminator.source };
  }
  return results;
}

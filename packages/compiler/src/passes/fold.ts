/**
 * Constant folding and algebra: operations on constants are done now, neutral elements vanish,
 * multiplication and division by powers of two become shifts, comparisons of comparisons collapse.
 * Constants end up on the right.
 */
import {
  evaluateBinary,
  evaluateByteSwap,
  evaluateCompare,
  evaluateExtend,
  isCommutative,
  MIRRORED,
  OPPOSITE,
} from "../ir/arithmetic.ts";
import { removePredecessor, removeUnreachable } from "../ir/edges.ts";
import type { Binary, Block, Compare, Func, Inst, Terminator } from "../ir/ir.ts";
import { replaceInstructions } from "./editor.ts";
import type { Editor } from "./editor.ts";

type Branch = Extract<Terminator, { op: "branch" }>;

export function fold(func: Func): boolean {
  const changed = replaceInstructions(func, simplify);
  let branches = false;
  for (const block of func.blocks)
    if (block.terminator?.op === "branch" && foldBranch(block, block.terminator)) branches = true;
  // A side that is never taken may have been the only way to its block.
  if (branches) removeUnreachable(func);
  return changed || branches;
}

/** The instruction itself where nothing is simpler; otherwise what stands for it. */
function simplify(editor: Editor, inst: Inst): Inst {
  switch (inst.op) {
    case "binary":
      return simplifyBinary(editor, inst);
    case "compare":
      return simplifyCompare(editor, inst);
    case "extend":
      return inst.a.op === "const" ? editor.constant(evaluateExtend(inst.a.value, inst.bits, inst.signed)) : inst;
    case "byteSwap":
      return inst.a.op === "const" ? editor.constant(evaluateByteSwap(inst.a.value, inst.bits)) : inst;
    default:
      return inst;
  }
}

function simplifyBinary(editor: Editor, inst: Binary): Inst {
  const { kind, width } = inst;
  if (isCommutative(kind) && inst.a.op === "const" && inst.b.op !== "const") [inst.a, inst.b] = [inst.b, inst.a];
  const { a, b } = inst;
  if (a === b) {
    if (kind === "sub" || kind === "xor") return editor.constant(0);
    if (kind === "and" || kind === "or") return asWide(editor, inst, a);
  }
  if (b.op !== "const") return inst;
  if (a.op === "const") return editor.constant(evaluateBinary(kind, width, a.value, b.value));
  return withConstant(editor, inst, a, BigInt.asUintN(width, b.value));
}

function withConstant(editor: Editor, inst: Binary, a: Inst, value: bigint): Inst {
  const { kind, width } = inst;
  const ones = width === 64 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  const power = exponent(value);
  switch (kind) {
    case "sub":
      if (value === 0n) return asWide(editor, inst, a);
      return editor.binary("add", a, editor.constant(BigInt.asUintN(width, -value)), width, inst.type);
    case "add":
      if (value === 0n) return asWide(editor, inst, a);
      if (width === 64 && a.op === "mapValue" && a.offset + Number(value) < MAP_VALUE_REACH)
        return editor.mapValue(a.map, a.offset + Number(value), a.type);
      return nested(editor, inst, a, value);
    case "or":
      if (value === ones) return editor.constant(ones);
      return value === 0n ? asWide(editor, inst, a) : nested(editor, inst, a, value);
    case "xor":
      return value === 0n ? asWide(editor, inst, a) : nested(editor, inst, a, value);
    case "and":
      if (value === 0n) return editor.constant(0);
      return value === ones ? asWide(editor, inst, a) : nested(editor, inst, a, value);
    case "mul":
      if (value === 0n) return editor.constant(0);
      if (power === 0) return asWide(editor, inst, a);
      return power > 0 ? editor.binary("shl", a, editor.constant(power), width) : nested(editor, inst, a, value);
    case "udiv":
      if (value === 0n) return editor.constant(0);
      if (power === 0) return asWide(editor, inst, a);
      return power > 0 ? editor.binary("lshr", a, editor.constant(power), width) : inst;
    case "umod":
      if (value === 0n) return asWide(editor, inst, a);
      return power >= 0 ? editor.binary("and", a, editor.constant(value - 1n), width) : inst;
    case "shl":
    case "lshr":
    case "ashr": {
      if (value % BigInt(width) === 0n) return asWide(editor, inst, a);
      return value < width ? inst : editor.binary(kind, a, editor.constant(value % BigInt(width)), width);
    }
    case "sdiv":
      if (value === 0n) return editor.constant(0);
      return value === 1n ? asWide(editor, inst, a) : inst;
    case "smod":
      if (value === 0n) return asWide(editor, inst, a);
      return value === 1n ? editor.constant(0) : inst;
  }
}

/** Beyond this a map's value can't reach, whatever its size. */
const MAP_VALUE_REACH = 1 << 29;

/** (x op c) op d = x op (c op d), for operations that associate. */
function nested(editor: Editor, inst: Binary, a: Inst, value: bigint): Inst {
  const { kind, width } = inst;
  if (a.op !== "binary" || a.kind !== kind || a.width !== width || a.b.op !== "const") return inst;
  return editor.binary(kind, a.a, editor.constant(evaluateBinary(kind, width, a.b.value, value)), width, inst.type);
}

/** The operand as the result: a 32-bit operation still clears the upper half. */
function asWide(editor: Editor, inst: Binary, a: Inst): Inst {
  if (inst.width === 64) return a;
  return a.op === "const" ? editor.constant(BigInt.asUintN(32, a.value)) : editor.extend(a, 32, false);
}

/** n if the value is 2^n, else -1. */
function exponent(value: bigint): number {
  if (value === 0n || (value & (value - 1n)) !== 0n) return -1;
  return value.toString(2).length - 1;
}

function simplifyCompare(editor: Editor, inst: Compare): Inst {
  const { a, b, kind, width } = inst;
  if (a.op === "const" && b.op === "const")
    return editor.constant(evaluateCompare(kind, width, a.value, b.value) ? 1 : 0);
  if (a.op === "const") return editor.compare(MIRRORED[kind], b, a, width);
  if (a === b && kind !== "test") return editor.constant(evaluateCompare(kind, 64, 0n, 0n) ? 1 : 0);
  const truth = asTruth(kind, a, b);
  if (truth === undefined) return inst;
  if (truth) return a;
  const inner = a as Compare;
  const opposite = OPPOSITE[inner.kind];
  return opposite === undefined ? inst : editor.compare(opposite, inner.a, inner.b, inner.width);
}

/** A comparison of a truth value with 0 or 1: true if it says the same, false if the opposite. */
function asTruth(kind: Compare["kind"], a: Inst, b: Inst): boolean | undefined {
  if (a.op !== "compare" || b.op !== "const" || b.value > 1n || (kind !== "eq" && kind !== "ne")) return undefined;
  return (kind === "ne") === (b.value === 0n);
}

function foldBranch(block: Block, branch: Branch): boolean {
  const { kind, width, a, b, then, otherwise } = branch;
  if (a.op === "const" && b.op === "const") return take(block, branch, evaluateCompare(kind, width, a.value, b.value));
  if (a === b && kind !== "test") return take(block, branch, evaluateCompare(kind, 64, 0n, 0n));
  if (a.op === "const") {
    block.terminator = { ...branch, kind: MIRRORED[kind], a: b, b: a };
    return true;
  }
  const truth = asTruth(kind, a, b);
  if (truth === undefined || a.op !== "compare") return false;
  const fused = { ...branch, kind: a.kind, width: a.width, a: a.a, b: a.b };
  if (truth) block.terminator = fused;
  else {
    const swapped = { ...fused, then: otherwise, otherwise: then };
    block.terminator = branch.likely === undefined ? swapped : { ...swapped, likely: !branch.likely };
  }
  return true;
}

function take(block: Block, branch: Branch, taken: boolean): boolean {
  const target = taken ? branch.then : branch.otherwise;
  removePredecessor(taken ? branch.otherwise : branch.then, block);
  block.terminator = { op: "jump", target, source: branch.source };
  return true;
}

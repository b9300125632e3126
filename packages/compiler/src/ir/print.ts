/**
 * The text of a function, one line an instruction:
 *
 *     main count(context)
 *     b0 entry:
 *       v1 = context
 *       v3 = load4 [v1+8]
 *       branch ult v3, 10 ? b4 : b5
 *
 * Values that stand nowhere are written where they are used: `10`, `&map`, `key:6` (a slot).
 */
import { helperName } from "@sonde/bpf/asm";
import type { Block, Func, Inst, Width } from "./ir.ts";
import { hasResult } from "./values.ts";

/** Ends with a newline. */
export function print(func: Func): string {
  const params = func.kind === "main" ? "" : func.params.map((_, index) => `p${index}`).join(", ");
  let text = `${func.kind} ${func.name}(${params})\n`;
  for (const block of func.blocks) text += printBlock(block);
  return text;
}

function printBlock(block: Block): string {
  const from =
    block.predecessors.length > 0
      ? ` <- ${block.predecessors.map((predecessor) => `b${predecessor.id}`).join(", ")}`
      : "";
  let text = `b${block.id} ${block.name}:${from}\n`;
  for (const inst of block.insts) text += `  ${printInst(inst)}\n`;
  return `${text}  ${printTerminator(block)}\n`;
}

export function printInst(inst: Inst): string {
  return hasResult(inst) ? `v${inst.id} = ${right(inst)}` : right(inst);
}

/** How an operand is written. */
export function printOperand(inst: Inst): string {
  switch (inst.op) {
    case "const":
      return printConstant(inst.value);
    case "slot":
      return `${inst.name}:${inst.id}`;
    case "mapHandle":
      return `&${inst.map}`;
    case "mapValue":
      return `&${inst.map}[0]${signed(inst.offset)}`;
    case "coreValue":
      return `core(${inst.core.kind} ${inst.core.typeId} ${inst.core.access} = ${inst.fallback})`;
    case "functionAddress":
      return `&${inst.callee}()`;
    default:
      return `v${inst.id}`;
  }
}

function printConstant(value: bigint): string {
  const number = BigInt.asIntN(64, value);
  return number > 0xffffn || number < -0xffffn ? `0x${value.toString(16)}` : `${number}`;
}

function right(inst: Inst): string {
  switch (inst.op) {
    case "context":
      return "context";
    case "param":
      return `param ${inst.index}`;
    case "binary":
      return `${inst.kind}${narrow(inst.width)} ${list([inst.a, inst.b])}`;
    case "extend":
      return `${inst.signed ? "sext" : "zext"}${inst.bits} ${printOperand(inst.a)}`;
    case "byteSwap":
      return `bswap${inst.bits} ${printOperand(inst.a)}`;
    case "compare":
      return `${inst.kind}${narrow(inst.width)} ${list([inst.a, inst.b])}`;
    case "load": {
      const core = inst.core === undefined ? "" : ` core(${inst.core.kind} ${inst.core.typeId} ${inst.core.access})`;
      return `${inst.volatile ? "volatile " : ""}load${inst.size}${inst.signed ? "s" : ""} ${place(inst.base, inst.offset)}${core}`;
    }
    case "store":
      return `store${inst.size} ${place(inst.base, inst.offset)}, ${printOperand(inst.value)}`;
    case "atomicAdd":
      return `atomic_add${inst.size} ${place(inst.base, inst.offset)}, ${printOperand(inst.value)}`;
    case "zero":
      return `zero ${place(inst.base, inst.offset)}, ${inst.bytes}`;
    case "copy":
      return `copy ${place(inst.to, inst.toOffset)}, ${place(inst.from, inst.fromOffset)}, ${inst.bytes} align ${inst.align}`;
    case "call":
      return `call ${helperName(inst.helper) ?? `helper#${inst.helper}`}(${list(inst.args)})`;
    case "callFunction":
    case "callKernel":
      return `call ${inst.callee}(${list(inst.args)})`;
    case "phi":
      return `phi ${list(inst.inputs)}`;
    case "refine":
      return `refine ${printOperand(inst.a)}`;
    default:
      return printOperand(inst);
  }
}

function printTerminator(block: Block): string {
  const { terminator } = block;
  switch (terminator?.op) {
    case undefined:
      return "(open)";
    case "jump":
      return `jump b${terminator.target.id}`;
    case "return":
      return `return ${printOperand(terminator.value)}`;
    case "branch": {
      const likely = terminator.likely === undefined ? "" : terminator.likely ? " likely" : " unlikely";
      const test = `${terminator.kind}${narrow(terminator.width)} ${list([terminator.a, terminator.b])}`;
      return `branch ${test} ? b${terminator.then.id} : b${terminator.otherwise.id}${likely}`;
    }
  }
}

function list(values: readonly Inst[]): string {
  return values.map(printOperand).join(", ");
}

function place(base: Inst, offset: number): string {
  return `[${printOperand(base)}${signed(offset)}]`;
}

function signed(offset: number): string {
  return offset === 0 ? "" : offset > 0 ? `+${offset}` : `${offset}`;
}

function narrow(width: Width): string {
  return width === 32 ? "32" : "";
}

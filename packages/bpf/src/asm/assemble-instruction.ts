/** The grammar of one instruction, by what it begins with. */
import type { Cursor } from "./assemble-cursor.ts";
import { parseAssignment } from "./assemble-assignment.ts";
import { parseLock, parseStoreRelease } from "./assemble-atomic.ts";
import { parseOperand, parsePointer, parseRegister, parseTarget } from "./assemble-operands.ts";
import { helperId, HELPERS } from "./helpers.ts";
import type { HelperName } from "./helpers.ts";
import type { Instruction } from "./instruction.ts";
import { Class, JumpOp, Mode, Pseudo, sizeBits, Source } from "./opcodes.ts";
import type { Comparison } from "./opcodes.ts";

/** `(b7)`, as verifier logs print before the text, or before the fields of what is no instruction. */
const OPCODE = /\(([0-9a-f]{2})\)/y;
const FIELDS = /dst=(\d+) src=(\d+) off=(-?\d+) imm=(-?\d+)/y;

export function parseInstruction(cursor: Cursor): Instruction {
  const opcode = cursor.match(OPCODE);
  if (opcode !== undefined) {
    const fields = cursor.match(FIELDS);
    if (fields !== undefined) {
      const [dst, src, offset, imm] = fields.slice(1).map(Number) as [number, number, number, number];
      return { opcode: Number.parseInt(opcode[1]!, 16), dst, src, offset, imm };
    }
  }
  if (cursor.match(/exit\b/y)) return instruction(Class.JMP | JumpOp.EXIT);
  if (cursor.match(/goto\b/y)) return { ...instruction(Class.JMP | JumpOp.JA), ...parseTarget(cursor) };
  if (cursor.match(/may_goto\b/y)) return { ...instruction(Class.JMP | JumpOp.JCOND), ...parseTarget(cursor) };
  if (cursor.match(/gotol\b/y)) return parseLongJump(cursor);
  if (cursor.match(/call\b/y)) return parseCall(cursor);
  if (cursor.match(/if\b/y)) return parseJumpIf(cursor);
  if (cursor.match(/lock\b/y)) return parseLock(cursor);
  if (cursor.match(/store_release\b/y)) return parseStoreRelease(cursor);
  if (cursor.take("*")) return parseStore(cursor);
  return parseAssignment(cursor);
}

function instruction(opcode: number): Instruction {
  return { opcode, dst: 0, src: 0, offset: 0, imm: 0 };
}

/** `gotol`: the distance is in the 32-bit immediate. */
function parseLongJump(cursor: Cursor): Instruction {
  const { offset, ref } = parseTarget(cursor, 32);
  const jump = { ...instruction(Class.JMP32 | JumpOp.JA), imm: offset };
  return ref === undefined ? jump : { ...jump, ref };
}

const SUBPROGRAM_DISTANCE = /pc(?=[+-])/y;
const KERNEL_FUNCTION = /kernel-function#/y;
const NUMBERED_HELPER = /(?:\w+#)?(-?\d+)(?!\S)/y;
const KERNEL_SYMBOL = /ksym\[([^\]\s]+)\]/y;
const CALLEE = /\S+/y;

/** A helper's name comes before a label of the same name. */
function parseCall(cursor: Cursor): Instruction {
  const call = instruction(Class.JMP | JumpOp.CALL);
  if (cursor.match(SUBPROGRAM_DISTANCE)) {
    return { ...call, src: Pseudo.CALL, imm: cursor.integerIn(-0x8000_0000, 0x7fff_ffff, "the distance of a call") };
  }
  if (cursor.match(KERNEL_FUNCTION)) {
    return { ...call, src: Pseudo.KFUNC_CALL, imm: cursor.integerIn(0, 0x7fff_ffff, "a BTF id") };
  }
  const numbered = cursor.match(NUMBERED_HELPER);
  if (numbered !== undefined) return { ...call, imm: Number(numbered[1]) };
  const symbol = cursor.match(KERNEL_SYMBOL)?.[1];
  if (symbol !== undefined) return { ...call, src: Pseudo.KFUNC_CALL, imm: -1, ref: { kind: "ksym", symbol } };
  const callee = cursor.match(CALLEE)?.[0];
  if (callee === undefined) throw cursor.expected("a helper's name or number, or a label");
  const helper = callee.startsWith("bpf_") ? callee.slice("bpf_".length) : "";
  if (Object.hasOwn(HELPERS, helper)) return { ...call, imm: helperId(helper as HelperName) };
  return { ...call, src: Pseudo.CALL, imm: -1, ref: { kind: "call", label: callee } };
}

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  "==": "JEQ",
  "!=": "JNE",
  "&": "JSET",
  ">": "JGT",
  ">=": "JGE",
  "<": "JLT",
  "<=": "JLE",
  "s>": "JSGT",
  "s>=": "JSGE",
  "s<": "JSLT",
  "s<=": "JSLE",
};
const COMPARISON = /==|!=|&|s?[<>]=?/y;

function parseJumpIf(cursor: Cursor): Instruction {
  const left = parseRegister(cursor);
  const symbol = cursor.match(COMPARISON)?.[0];
  if (symbol === undefined) throw cursor.expected("a comparison such as ==, s< or &");
  const { source, src, imm } = parseOperand(cursor, left.bits);
  if (!cursor.match(/goto\b/y)) throw cursor.expected(`"goto"`);
  const opcode = (left.bits === 64 ? Class.JMP : Class.JMP32) | source | JumpOp[COMPARISONS[symbol]!];
  return { opcode, dst: left.number, src, imm, ...parseTarget(cursor) };
}

/** `*(u32 *)(r1 + 4) = r2` or `= 5`; the star is taken. */
function parseStore(cursor: Cursor): Instruction {
  const { size, base, offset } = parsePointer(cursor);
  cursor.expect("=");
  const { source, src, imm } = parseOperand(cursor, "any");
  const mode = Mode.MEM | sizeBits(size);
  return { opcode: (source === Source.X ? Class.STX : Class.ST) | mode, dst: base, src, offset, imm };
}

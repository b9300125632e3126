/** A small BPF machine for tests: arithmetic, jumps, the stack, and helpers by {@link Calls}. */
import { accessSize, AluOp, Class, JumpOp, LDDW, layout, Mode, Source } from "@sonde/bpf/asm";
import type { Instruction } from "@sonde/bpf/asm";
import { compute, holds, swapBytes } from "./arithmetic.ts";
import type { Comparison, Operation } from "./arithmetic.ts";
import { Calls, Memory } from "./memory.ts";

const OPERATIONS: ReadonlyMap<number, Operation> = new Map([
  [AluOp.ADD, "add"],
  [AluOp.SUB, "sub"],
  [AluOp.MUL, "mul"],
  [AluOp.DIV, "udiv"],
  [AluOp.MOD, "umod"],
  [AluOp.AND, "and"],
  [AluOp.OR, "or"],
  [AluOp.XOR, "xor"],
  [AluOp.LSH, "shl"],
  [AluOp.RSH, "lshr"],
  [AluOp.ARSH, "ashr"],
]);

const COMPARISONS: ReadonlyMap<number, Comparison> = new Map([
  [JumpOp.JEQ, "eq"],
  [JumpOp.JNE, "ne"],
  [JumpOp.JLT, "ult"],
  [JumpOp.JLE, "ule"],
  [JumpOp.JGT, "ugt"],
  [JumpOp.JGE, "uge"],
  [JumpOp.JSLT, "slt"],
  [JumpOp.JSLE, "sle"],
  [JumpOp.JSGT, "sgt"],
  [JumpOp.JSGE, "sge"],
  [JumpOp.JSET, "test"],
]);

/** A register that nothing was written to; reading it is an error, as it is for the verifier. */
const UNWRITTEN = undefined;

/** Runs the first function with its arguments in R1 to R5 and gives R0. Throws after a million steps. */
export function interpret(
  instructions: readonly Instruction[],
  args: readonly bigint[],
  calls: Calls = new Calls(),
  argCounts?: ReadonlyMap<number, number>,
): bigint {
  const { instructions: code, slots } = layout(instructions);
  const indexOf = new Map<number, number>();
  for (const [index, slot] of slots.entries()) indexOf.set(slot, index);
  const memory = new Memory();
  const frame = memory.allocate(512);
  const registers: (bigint | undefined)[] = [UNWRITTEN, ...args];
  registers.length = 11;
  registers[10] = frame + 512n;
  const read = (register: number): bigint => {
    const value = registers[register];
    if (value === UNWRITTEN) throw new Error(`R${register} is read before it is written`);
    return value;
  };
  let at = 0;
  for (let steps = 0; steps < 1_000_000; steps++) {
    const { opcode, dst, src, offset, imm } = code[at]!;
    const kind = opcode & 0x07;
    const second = (): bigint => ((opcode & Source.X) !== 0 ? read(src) : BigInt.asUintN(64, BigInt(imm)));
    let next = slots[at]! + (opcode === LDDW ? 2 : 1);
    switch (kind) {
      case Class.ALU:
      case Class.ALU64: {
        const operation = opcode & 0xf0;
        const width = kind === Class.ALU ? 32 : 64;
        if (operation === AluOp.END) registers[dst] = swapBytes(read(dst), Number(imm));
        else if (operation === AluOp.MOV) registers[dst] = BigInt.asUintN(width, second());
        else registers[dst] = compute(OPERATIONS.get(operation)!, width, read(dst), second());
        break;
      }
      case Class.LD:
        registers[dst] = BigInt(imm);
        break;
      case Class.LDX:
        registers[dst] = memory.load(read(src) + BigInt(offset), accessSize(opcode));
        break;
      case Class.ST:
        memory.store(read(dst) + BigInt(offset), accessSize(opcode), BigInt(imm));
        break;
      case Class.STX: {
        const address = read(dst) + BigInt(offset);
        const size = accessSize(opcode);
        const atomic = (opcode & 0xe0) === Mode.ATOMIC;
        memory.store(address, size, (atomic ? memory.load(address, size) : 0n) + read(src));
        break;
      }
      default: {
        const operation = opcode & 0xf0;
        if (operation === JumpOp.EXIT) return read(0);
        if (operation === JumpOp.CALL) {
          const passed = Array.from({ length: argCounts?.get(Number(imm)) ?? 0 }, (_, index) => read(1 + index));
          registers[0] = calls.call(Number(imm), passed);
          for (let register = 1; register <= 5; register++) registers[register] = UNWRITTEN;
        } else if (operation === JumpOp.JA) next += offset;
        else if (holds(COMPARISONS.get(operation)!, kind === Class.JMP ? 64 : 32, read(dst), second())) next += offset;
      }
    }
    at = indexOf.get(next)!;
  }
  throw new Error("the program does not end");
}

/**
 * Instructions as text, in the form that the kernel's verifier log and llvm-objdump share:
 * `r0 = *(u32 *)(r1 + 4)`, `if r1 == 0 goto +3`, `lock *(u64 *)(r1 + 0) += r2`. Labels, maps and
 * CO-RE fields are shown by name where the instruction still has them.
 */
import { helperName } from "./helpers.ts";
import { CoreKind } from "./instruction.ts";
import type { Instruction, Reference } from "./instruction.ts";
import {
  accessSize,
  AluOp,
  AtomicOp,
  Class,
  classOf,
  isAddressSpaceCast,
  isLoadImm64,
  JumpOp,
  Mode,
  Pseudo,
  Source,
} from "./opcodes.ts";

/** The whole program, one line an instruction with its slot, labels on lines of their own. */
export function disassemble(instructions: readonly Instruction[]): string {
  let slot = 0;
  let text = "";
  for (const instruction of instructions) {
    if (instruction.label !== undefined) text += `${instruction.label}:\n`;
    text += `${String(slot).padStart(4)}: ${disassembleInstruction(instruction)}\n`;
    slot += isLoadImm64(instruction.opcode) ? 2 : 1;
  }
  return text;
}

/** One instruction, without slot, label and line end. */
export function disassembleInstruction(instruction: Instruction): string {
  const text = operation(instruction) ?? unknown(instruction);
  return instruction.ref?.kind === "core" ? `${text}  ; ${coreText(instruction.ref)}` : text;
}

function operation(instruction: Instruction): string | undefined {
  switch (classOf(instruction.opcode)) {
    case Class.LD:
      return loadSpecial(instruction);
    case Class.LDX:
      return loadMemory(instruction);
    case Class.ST:
      return storeMemory(instruction, String(instruction.imm));
    case Class.STX:
      return storeMemory(instruction, `r${instruction.src}`);
    case Class.JMP:
      return jumpText(instruction, "r");
    case Class.JMP32:
      return jumpText(instruction, "w");
    case Class.ALU:
      return aluText(instruction, "w");
    default:
      return aluText(instruction, "r");
  }
}

const ALU_SYMBOLS: Readonly<Record<number, string>> = {
  [AluOp.ADD]: "+",
  [AluOp.SUB]: "-",
  [AluOp.MUL]: "*",
  [AluOp.DIV]: "/",
  [AluOp.OR]: "|",
  [AluOp.AND]: "&",
  [AluOp.LSH]: "<<",
  [AluOp.RSH]: ">>",
  [AluOp.MOD]: "%",
  [AluOp.XOR]: "^",
  [AluOp.MOV]: "",
  [AluOp.ARSH]: "s>>",
};

function aluText({ opcode, dst, src, offset, imm }: Instruction, prefix: "r" | "w"): string | undefined {
  const left = `${prefix}${dst}`;
  const op = opcode & 0xf0;
  if (op === AluOp.NEG) return `${left} = -${left}`;
  if (op === AluOp.END) return endianText(opcode, dst, imm);
  const symbol = ALU_SYMBOLS[op];
  if (symbol === undefined) return undefined;
  const right = (opcode & Source.X) !== 0 ? `${prefix}${src}` : String(imm);
  if (isAddressSpaceCast({ opcode, offset }))
    return `${left} = addr_space_cast(${right}, ${(Number(imm) >>> 16) & 0xffff}, ${Number(imm) & 0xffff})`;
  if (op === AluOp.MOV && offset !== 0) return `${left} = (s${offset})${right}`;
  const signed = (op === AluOp.DIV || op === AluOp.MOD) && offset === 1 ? "s" : "";
  return `${left} ${signed}${symbol}= ${right}`;
}

function endianText(opcode: number, dst: number, bits: number | bigint): string {
  const swap = classOf(opcode) === Class.ALU64 ? "bswap" : (opcode & Source.X) !== 0 ? "be" : "le";
  return `r${dst} = ${swap}${bits} r${dst}`;
}

const JUMP_SYMBOLS: Readonly<Record<number, string>> = {
  [JumpOp.JEQ]: "==",
  [JumpOp.JNE]: "!=",
  [JumpOp.JSET]: "&",
  [JumpOp.JGT]: ">",
  [JumpOp.JGE]: ">=",
  [JumpOp.JLT]: "<",
  [JumpOp.JLE]: "<=",
  [JumpOp.JSGT]: "s>",
  [JumpOp.JSGE]: "s>=",
  [JumpOp.JSLT]: "s<",
  [JumpOp.JSLE]: "s<=",
};

function jumpText(instruction: Instruction, prefix: "r" | "w"): string | undefined {
  const { opcode, dst, src, offset, imm, ref } = instruction;
  const target = ref?.kind === "jump" ? ref.label : plus(offset);
  const op = opcode & 0xf0;
  switch (op) {
    case JumpOp.CALL:
      return callText(instruction);
    case JumpOp.EXIT:
      return "exit";
    case JumpOp.JA:
      return prefix === "r" ? `goto ${target}` : `gotol ${ref?.kind === "jump" ? ref.label : plus(Number(imm))}`;
    case JumpOp.JCOND:
      return `may_goto ${target}`;
  }
  const symbol = JUMP_SYMBOLS[op];
  if (symbol === undefined) return undefined;
  const right = (opcode & Source.X) !== 0 ? `${prefix}${src}` : String(imm);
  return `if ${prefix}${dst} ${symbol} ${right} goto ${target}`;
}

function callText({ src, imm, ref }: Instruction): string {
  if (ref?.kind === "call") return `call ${ref.label}`;
  if (ref?.kind === "ksym") return `call ksym[${ref.symbol}]`;
  if (src === Pseudo.CALL) return `call pc${plus(Number(imm))}`;
  if (src === Pseudo.KFUNC_CALL) return `call kernel-function#${imm}`;
  const name = helperName(Number(imm));
  return name === undefined ? `call unknown#${imm}` : `call bpf_${name}`;
}

function loadMemory({ opcode, dst, src, offset }: Instruction): string | undefined {
  const mode = opcode & 0xe0;
  if (mode !== Mode.MEM && mode !== Mode.MEMSX) return undefined;
  const bits = accessSize(opcode) * 8;
  return `r${dst} = *(${mode === Mode.MEM ? "u" : "s"}${bits} *)(${address(src, offset)})`;
}

function storeMemory(instruction: Instruction, value: string): string | undefined {
  const { opcode, dst, offset } = instruction;
  switch (opcode & 0xe0) {
    case Mode.MEM:
      return `*(u${accessSize(opcode) * 8} *)(${address(dst, offset)}) = ${value}`;
    case Mode.ATOMIC:
      return classOf(opcode) === Class.STX ? atomicText(instruction) : undefined;
    default:
      return undefined;
  }
}

function atomicText({ opcode, dst, src, offset, imm }: Instruction): string | undefined {
  const size = accessSize(opcode);
  const where = address(dst, offset);
  const pointer = `(u${size * 8} *)(${where})`;
  const register = size === 8 ? "r" : "w";
  const narrow = size === 8 ? "_64" : "32_32";
  switch (Number(imm)) {
    case AtomicOp.ADD:
    case AtomicOp.OR:
    case AtomicOp.AND:
    case AtomicOp.XOR:
      return `lock *${pointer} ${ALU_SYMBOLS[Number(imm)]}= ${register}${src}`;
    case AtomicOp.FETCH_ADD:
      return `${register}${src} = atomic_fetch_add(${pointer}, ${register}${src})`;
    case AtomicOp.FETCH_OR:
      return `${register}${src} = atomic_fetch_or(${pointer}, ${register}${src})`;
    case AtomicOp.FETCH_AND:
      return `${register}${src} = atomic_fetch_and(${pointer}, ${register}${src})`;
    case AtomicOp.FETCH_XOR:
      return `${register}${src} = atomic_fetch_xor(${pointer}, ${register}${src})`;
    case AtomicOp.XCHG:
      return `${register}${src} = xchg${narrow}(${where}, ${register}${src})`;
    case AtomicOp.CMPXCHG:
      return `${register}0 = cmpxchg${narrow}(${where}, ${register}0, ${register}${src})`;
    case AtomicOp.LOAD_ACQ:
      return `${register}${dst} = load_acquire((u${size * 8} *)(${address(src, offset)}))`;
    case AtomicOp.STORE_REL:
      return `store_release(${pointer}, ${register}${src})`;
    default:
      return undefined;
  }
}

/** `lddw`, and the packet loads of classic BPF. */
function loadSpecial({ opcode, dst, src, imm, ref }: Instruction): string | undefined {
  const packet = `*(u${accessSize(opcode) * 8} *)skb`;
  if ((opcode & 0xe0) === Mode.ABS) return `r0 = ${packet}[${imm}]`;
  if ((opcode & 0xe0) === Mode.IND) return `r0 = ${packet}[r${src}${imm === 0 ? "" : ` + ${imm}`}]`;
  if (!isLoadImm64(opcode)) return undefined;
  return `r${dst} = ${wideText(src, BigInt(imm), ref)} ll`;
}

function wideText(src: number, imm: bigint, ref: Reference | undefined): string {
  if (ref?.kind === "map") return `map[${ref.map}]`;
  if (ref?.kind === "mapValue") return `map[${ref.map}][0]+${ref.offset}`;
  if (ref?.kind === "func") return `func[${ref.label}]`;
  if (ref?.kind === "ksym") return `ksym[${ref.symbol}]`;
  const low = imm & 0xffff_ffffn;
  switch (src) {
    case Pseudo.MAP_FD:
      return `map[fd:${low}]`;
    case Pseudo.MAP_VALUE:
      return `map[fd:${low}][0]+${imm >> 32n}`;
    case Pseudo.BTF_ID:
      return `ksym[btf:${low}]`;
    case Pseudo.FUNC:
      return `func[pc${plus(Number(BigInt.asIntN(32, imm)))}]`;
    default:
      return String(BigInt.asIntN(64, imm));
  }
}

function coreText(ref: Extract<Reference, { kind: "core" }>): string {
  const { kind, typeId, access } = ref.relocation;
  const name = Object.entries(CoreKind).find(([, value]) => value === kind)?.[0] ?? `kind ${kind}`;
  return `core ${name} [${typeId}] ${access}`;
}

function address(register: number, offset: number): string {
  return `r${register} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)}`;
}

function plus(distance: number): string {
  return distance < 0 ? String(distance) : `+${distance}`;
}

function unknown({ opcode, dst, src, offset, imm }: Instruction): string {
  return `(${opcode.toString(16).padStart(2, "0")}) dst=${dst} src=${src} off=${offset} imm=${imm}`;
}

/** Instructions that begin with the register they change: arithmetic, loads, 64-bit immediates, fetching atomics. */
import type { Cursor } from "./assemble-cursor.ts";
import { parseFetch } from "./assemble-atomic.ts";
import { parseAddress, parseOperand, parseRegister, SIZE_TYPE, tryRegister } from "./assemble-operands.ts";
import type { Register } from "./assemble-operands.ts";
import type { Instruction, Reference } from "./instruction.ts";
import { ADDR_SPACE_CAST, AluOp, Class, LDDW, Mode, Pseudo, sizeBits, Source } from "./opcodes.ts";
import type { AccessSize } from "./opcodes.ts";

export function parseAssignment(cursor: Cursor): Instruction {
  const dst = tryRegister(cursor);
  if (dst === undefined) throw cursor.expected("an instruction");
  if (!cursor.take("=")) return parseCompound(cursor, dst);
  if (cursor.take("*")) return parseLoad(cursor, dst);
  return (
    parseWide(cursor, dst) ??
    parseSignExtension(cursor, dst) ??
    parseAddressSpaceCast(cursor, dst) ??
    parseByteSwap(cursor, dst) ??
    parseNegation(cursor, dst) ??
    parseFetch(cursor, dst) ??
    parseMove(cursor, dst)
  );
}

function aluClass(register: Register): number {
  return register.bits === 64 ? Class.ALU64 : Class.ALU;
}

const COMPOUND = /(s?>>|s?[/%]|<<|[-+*|&^])=/y;
const OPERATIONS: Readonly<Record<string, number>> = {
  "+": AluOp.ADD,
  "-": AluOp.SUB,
  "*": AluOp.MUL,
  "/": AluOp.DIV,
  "s/": AluOp.DIV,
  "|": AluOp.OR,
  "&": AluOp.AND,
  "<<": AluOp.LSH,
  ">>": AluOp.RSH,
  "%": AluOp.MOD,
  "s%": AluOp.MOD,
  "^": AluOp.XOR,
  "s>>": AluOp.ARSH,
};

function parseCompound(cursor: Cursor, dst: Register): Instruction {
  const symbol = cursor.match(COMPOUND)?.[1];
  if (symbol === undefined) throw cursor.expected("= or an operator such as += or s>>=");
  const { source, src, imm } = parseOperand(cursor, dst.bits);
  const offset = symbol === "s/" || symbol === "s%" ? 1 : 0;
  return { opcode: aluClass(dst) | source | OPERATIONS[symbol]!, dst: dst.number, src, offset, imm };
}

function parseMove(cursor: Cursor, dst: Register): Instruction {
  const { source, src, imm } = parseOperand(cursor, dst.bits);
  return { opcode: aluClass(dst) | source | AluOp.MOV, dst: dst.number, src, offset: 0, imm };
}

const SIGN_EXTENSION = /\(s(8|16|32)\)/y;

function parseSignExtension(cursor: Cursor, dst: Register): Instruction | undefined {
  const match = cursor.match(SIGN_EXTENSION);
  if (match === undefined) return undefined;
  const { source, src, imm } = parseOperand(cursor, dst.bits);
  return { opcode: aluClass(dst) | source | AluOp.MOV, dst: dst.number, src, offset: Number(match[1]), imm };
}

/** `addr_space_cast(r2, 0, 1)`: the pointer, the new space, the old one. */
function parseAddressSpaceCast(cursor: Cursor, dst: Register): Instruction | undefined {
  if (cursor.match(/addr_space_cast\s*\(/y) === undefined) return undefined;
  const source = parseRegister(cursor);
  if (dst.bits !== 64 || source.bits !== 64) throw cursor.refuse("pointers are in registers r");
  const space = (): number => {
    cursor.expect(",");
    return cursor.integerIn(0, 0xffff, "the number of an address space");
  };
  const imm = ((space() << 16) | space()) >> 0;
  cursor.expect(")");
  return {
    opcode: Class.ALU64 | Source.X | AluOp.MOV,
    dst: dst.number,
    src: source.number,
    offset: ADDR_SPACE_CAST,
    imm,
  };
}

const BYTE_SWAP = /(bswap|be|le)(16|32|64)\b/y;

function parseByteSwap(cursor: Cursor, dst: Register): Instruction | undefined {
  const match = cursor.match(BYTE_SWAP);
  if (match === undefined) return undefined;
  sameRegister(cursor, dst);
  const opcode =
    (match[1] === "bswap" ? Class.ALU64 : Class.ALU) | (match[1] === "be" ? Source.X : Source.K) | AluOp.END;
  return { opcode, dst: dst.number, src: 0, offset: 0, imm: Number(match[2]) };
}

function parseNegation(cursor: Cursor, dst: Register): Instruction | undefined {
  if (!cursor.match(/-(?=\s*[rw]\d)/y)) return undefined;
  sameRegister(cursor, dst);
  return { opcode: aluClass(dst) | Source.K | AluOp.NEG, dst: dst.number, src: 0, offset: 0, imm: 0 };
}

/** Operations with one operand work in place. */
function sameRegister(cursor: Cursor, dst: Register): void {
  if (parseRegister(cursor).number !== dst.number)
    throw cursor.refuse(`this operation needs r${dst.number} on both sides`);
}

const PACKET = /\(\s*u(8|16|32)\s*\*\s*\)\s*skb\s*\[/y;

/** `*(u32 *)(r1 + 4)` or classic BPF's `*(u16 *)skb[14]`; the star is taken. */
function parseLoad(cursor: Cursor, dst: Register): Instruction {
  const packet = cursor.match(PACKET);
  if (packet !== undefined) return parsePacketLoad(cursor, dst, (Number(packet[1]) / 8) as AccessSize);
  const type = cursor.match(SIZE_TYPE);
  if (type === undefined) throw cursor.expected("(u8 *), (u16 *), (u32 *), (u64 *) or a signed one");
  const [, sign, bits] = type;
  if (sign === "s" && bits === "64") throw cursor.refuse("64 bits have nothing to extend: write u64");
  const { base, offset } = parseAddress(cursor);
  const mode = sign === "u" ? Mode.MEM : Mode.MEMSX;
  const opcode = Class.LDX | mode | sizeBits((Number(bits) / 8) as AccessSize);
  return { opcode, dst: dst.number, src: base, offset, imm: 0 };
}

function parsePacketLoad(cursor: Cursor, dst: Register, size: AccessSize): Instruction {
  if (dst.number !== 0) throw cursor.refuse("a packet load goes to r0");
  const register = tryRegister(cursor);
  const what = "a 32-bit offset in the packet";
  const imm = register === undefined || cursor.take("+") ? cursor.integerIn(-0x8000_0000, 0x7fff_ffff, what) : 0;
  cursor.expect("]");
  const mode = register === undefined ? Mode.ABS : Mode.IND;
  return { opcode: Class.LD | mode | sizeBits(size), dst: 0, src: register?.number ?? 0, offset: 0, imm };
}

const WIDE_NUMBER = /(-?)(0x[0-9a-f]+|\d+)\s*ll\b/iy;
const WIDE_REFERENCE = /(map|func|ksym)\[([^\]]+)\]/y;
const IN_VALUE = /\[0\]\s*\+\s*(\d+)/y;
const DESCRIPTOR = /^(?:fd|btf):(\d+)$/;
const CODE_DISTANCE = /^pc([+-]\d+)$/;

/** `5 ll`, `map[counts] ll`, `map[.bss][0]+8 ll`, `func[each] ll`, `ksym[btf:7] ll`. */
function parseWide(cursor: Cursor, dst: Register): Instruction | undefined {
  const load = (src: number, imm: bigint, ref?: Reference): Instruction => {
    if (dst.bits === 32) throw cursor.refuse("a 64-bit load needs a register r");
    const instruction = { opcode: LDDW, dst: dst.number, src, offset: 0, imm };
    return ref === undefined ? instruction : { ...instruction, ref };
  };
  const number = cursor.match(WIDE_NUMBER);
  if (number !== undefined) {
    const value = BigInt(number[2]!) * (number[1] === "-" ? -1n : 1n);
    if (value < -(2n ** 63n) || value >= 2n ** 64n) throw cursor.refuse(`${value} does not fit 64 bits`);
    return load(0, BigInt.asUintN(64, value));
  }
  const reference = cursor.match(WIDE_REFERENCE);
  if (reference === undefined) return undefined;
  const [, kind, name] = reference as unknown as [string, string, string];
  const descriptor = BigInt(DESCRIPTOR.exec(name)?.[1] ?? -1);
  const refusal = cursor.refuse(`${kind}[${name}] names nothing that can be loaded`);
  const offset = kind === "map" ? cursor.match(IN_VALUE)?.[1] : undefined;
  cursor.expect("ll");
  if (kind === "ksym") {
    if (descriptor < 0n) throw refusal;
    return load(Pseudo.BTF_ID, descriptor);
  }
  if (kind === "func") {
    const distance = CODE_DISTANCE.exec(name)?.[1];
    if (distance !== undefined) return load(Pseudo.FUNC, BigInt.asUintN(32, BigInt(distance)));
    return load(Pseudo.FUNC, 0n, { kind: "func", label: name });
  }
  if (descriptor >= 0n) {
    return offset === undefined
      ? load(Pseudo.MAP_FD, descriptor)
      : load(Pseudo.MAP_VALUE, (BigInt(offset) << 32n) | descriptor);
  }
  return offset === undefined
    ? load(Pseudo.MAP_FD, 0n, { kind: "map", map: name })
    : load(Pseudo.MAP_VALUE, 0n, { kind: "mapValue", map: name, offset: Number(offset) });
}

/** Instructions to the bytes that BPF_PROG_LOAD takes (little-endian machines). */
import { AsmError } from "./errors.ts";
import type { Instruction } from "./instruction.ts";
import type { Layout } from "./layout.ts";
import { isLoadImm64 } from "./opcodes.ts";

export interface Resolver {
  /** The descriptor of the map of this name; throw if there is none. */
  map(name: string): number;
  /** Write CO-RE references as they stand instead of refusing them: for objects that are relocated later. */
  readonly keepCore?: boolean;
}

/** Bytes of one slot. */
export const SLOT_BYTES = 8;

/**
 * Throws AsmError for a value that does not fit its field, and for a CO-RE reference that was not
 * applied (see `@sonde/bpf/core`).
 */
export function encode(program: Layout, resolver: Resolver): Uint8Array {
  const bytes = new Uint8Array(program.size * SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < program.instructions.length; index++) {
    const instruction = program.instructions[index]!;
    const slot = program.slots[index]!;
    check(instruction, slot, resolver);
    const at = slot * SLOT_BYTES;
    bytes[at] = instruction.opcode;
    bytes[at + 1] = (instruction.src << 4) | instruction.dst;
    view.setInt16(at + 2, instruction.offset, true);
    if (isLoadImm64(instruction.opcode)) {
      const imm = wideImmediate(instruction, resolver);
      view.setUint32(at + 4, Number(imm & 0xffff_ffffn), true);
      view.setUint32(at + 12, Number(imm >> 32n), true);
    } else {
      view.setInt32(at + 4, Number(instruction.imm), true);
    }
  }
  return bytes;
}

function wideImmediate(instruction: Instruction, resolver: Resolver): bigint {
  const { ref } = instruction;
  if (ref?.kind === "map") return BigInt(resolver.map(ref.map));
  if (ref?.kind === "mapValue") return (BigInt(ref.offset) << 32n) | BigInt(resolver.map(ref.map));
  return BigInt.asUintN(64, BigInt(instruction.imm));
}

function check(instruction: Instruction, slot: number, resolver: Resolver): void {
  const { opcode, dst, src, offset, imm, ref } = instruction;
  if (ref?.kind === "core" && resolver.keepCore !== true) {
    throw new AsmError(
      `slot ${slot}: the CO-RE relocation of type ${ref.relocation.typeId}, access "${ref.relocation.access}", was not applied`,
    );
  }
  // Almost all instructions pass this; what did not is told below.
  if (
    (opcode & 0xff) === opcode &&
    (offset << 16) >> 16 === offset &&
    dst <= 10 &&
    src <= 10 &&
    (dst & 0xf) === dst &&
    (src & 0xf) === src &&
    typeof imm === "number" &&
    (imm | 0) === imm
  )
    return;
  if (!inRange(opcode, 0, 0xff)) throw fieldError(slot, "opcode", opcode);
  if (!inRange(dst, 0, 10)) throw fieldError(slot, "destination register", dst);
  if (!inRange(src, 0, 10)) throw fieldError(slot, "source register", src);
  if (!inRange(offset, -0x8000, 0x7fff)) throw fieldError(slot, "16-bit offset", offset);
  if (!isLoadImm64(opcode) && !inRange(Number(imm), -0x8000_0000, 0xffff_ffff))
    throw fieldError(slot, "32-bit immediate", imm);
}

function inRange(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

function fieldError(slot: number, field: string, value: number | bigint): AsmError {
  return new AsmError(`slot ${slot}: ${value} does not fit the ${field}`);
}

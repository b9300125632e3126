/** Bytes, as the kernel and ELF objects hold them, back to instructions (little-endian). */
import { AsmError } from "./errors.ts";
import { SLOT_BYTES } from "./encode.ts";
import type { Instruction } from "./instruction.ts";
import { isLoadImm64 } from "./opcodes.ts";

/**
 * Jumps come with offsets and no labels, map loads with descriptors. Throws AsmError for a length
 * that is no whole number of slots and for an `lddw` without a well-formed second half.
 */
export function decode(bytes: Uint8Array): Instruction[] {
  if (bytes.length % SLOT_BYTES !== 0) {
    throw new AsmError(`${bytes.length} bytes are no whole number of ${SLOT_BYTES}-byte instructions`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const instructions: Instruction[] = [];
  for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
    const opcode = bytes[at]!;
    const dst = bytes[at + 1]! & 0x0f;
    const src = bytes[at + 1]! >> 4;
    const offset = view.getInt16(at + 2, true);
    if (!isLoadImm64(opcode)) {
      instructions.push({ opcode, dst, src, offset, imm: view.getInt32(at + 4, true) });
      continue;
    }
    const second = at + SLOT_BYTES;
    if (second === bytes.length || view.getUint32(second, true) !== 0) {
      throw new AsmError(`slot ${at / SLOT_BYTES}: the second half of a 64-bit immediate load is missing or malformed`);
    }
    const low = BigInt(view.getUint32(at + 4, true));
    const high = BigInt(view.getUint32(second + 4, true));
    instructions.push({ opcode, dst, src, offset, imm: (high << 32n) | low });
    at = second;
  }
  return instructions;
}

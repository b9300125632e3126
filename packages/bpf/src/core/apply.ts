/** Writes the running kernel's values into a program's instructions. */
import { callHelper } from "../asm/build.ts";
import type { CoreRelocation, Instruction } from "../asm/instruction.ts";
import { Class, classOf, isLoadImm64, isMemoryAccess, sizeBits } from "../asm/opcodes.ts";
import type { AccessSize } from "../asm/opcodes.ts";
import type { Btf } from "../btf/btf.ts";
import { resolveRelocation } from "./resolve.ts";
import type { Resolution } from "./resolve.ts";

/**
 * The number of a helper that does not exist. Code that cannot work on this kernel calls it, so the
 * verifier refuses the program if that code can be reached ("invalid func unknown#195896080") and
 * removes it if it can't. The number is libbpf's.
 */
export const POISON_HELPER = 0xbad2310;

export interface CoreApplied {
  /** Without CO-RE references, every instruction in the slot it had. */
  readonly instructions: readonly Instruction[];
  /** Why an instruction was poisoned, by its index in `instructions`. */
  readonly poisoned: ReadonlyMap<number, string>;
}

/** What is known of an object's relocations: all its programs ask for few fields many times. */
export type Resolutions = Map<string, Resolution>;

/**
 * Resolves every CO-RE reference. `local` is the BTF that the references count in, `target` the
 * running kernel's, or says for each reference whose types it is for (a module's). Programs of one object
 * that share `known` have each reference resolved once.
 * Throws BtfError for a reference that is malformed in itself.
 */
export function applyCore(
  instructions: readonly Instruction[],
  local: Btf,
  target: Btf | ((relocation: CoreRelocation) => Btf),
  known: Resolutions = new Map(),
): CoreApplied {
  const poisoned = new Map<number, string>();
  const applied: Instruction[] = [];
  for (let index = 0; index < instructions.length; index++) {
    const instruction = instructions[index]!;
    const { ref } = instruction;
    if (ref?.kind !== "core") {
      applied.push(instruction);
      continue;
    }
    const resolution = once(known, ref.relocation, local, target);
    const patched = resolution.kind === "missing" ? resolution.reason : patch(instruction, resolution);
    if (typeof patched === "string") {
      poisoned.set(applied.length, patched);
      applied.push(...poison(instruction));
    } else {
      applied.push(patched);
    }
  }
  return { instructions: applied, poisoned };
}

function once(
  known: Resolutions,
  relocation: CoreRelocation,
  local: Btf,
  target: Btf | ((relocation: CoreRelocation) => Btf),
): Resolution {
  const key = `${relocation.kind} ${relocation.typeId} ${relocation.access}`;
  let resolution = known.get(key);
  if (resolution === undefined) {
    const types = typeof target === "function" ? target(relocation) : target;
    known.set(key, (resolution = resolveRelocation(local, relocation, types)));
  }
  return resolution;
}

/** The instruction with the value in it, or why it can't hold it. */
function patch(
  instruction: Instruction,
  { value, accessSize, unsafe }: Extract<Resolution, { kind: "value" }>,
): Instruction | string {
  const { ref: _, ...plain } = instruction;
  const { opcode } = instruction;
  if (isLoadImm64(opcode)) return { ...plain, imm: BigInt.asUintN(64, value) };
  if (isMemoryAccess(opcode)) {
    if (unsafe !== undefined) return unsafe;
    if (value > 0x7fffn) return `a field at offset ${value} is beyond the 16-bit offset of a load or store`;
    return {
      ...plain,
      offset: Number(value),
      opcode: accessSize === undefined ? opcode : withSize(opcode, accessSize as AccessSize),
    };
  }
  const klass = classOf(opcode);
  if (klass !== Class.ALU && klass !== Class.ALU64)
    return `an instruction with opcode 0x${opcode.toString(16)} holds no CO-RE value`;
  if (value > 0xffff_ffffn || value < -0x8000_0000n) return `the value ${value} does not fit a 32-bit immediate`;
  return { ...plain, imm: Number(BigInt.asIntN(32, value)) };
}

function withSize(opcode: number, size: AccessSize): number {
  return (opcode & ~0x18) | sizeBits(size);
}

/** As many calls as the instruction had slots, since jumps of decoded programs count them. */
function poison({ opcode, label, source }: Instruction): Instruction[] {
  const call: Instruction = { ...callHelper(POISON_HELPER), ...(source === undefined ? {} : { source }) };
  const first = label === undefined ? call : { ...call, label };
  return isLoadImm64(opcode) ? [first, call] : [first];
}

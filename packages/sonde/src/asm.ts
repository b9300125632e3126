/** The BPF instruction set: build or assemble, lay out, encode, decode, disassemble. */
export {
  assemble,
  AsmError,
  AssemblyError,
  decode,
  disassemble,
  disassembleInstruction,
  encode,
  instructionAt,
  layout,
  SLOT_BYTES,
} from "@sonde/bpf/asm";
export {
  alu,
  alu32,
  alu32Imm,
  alu64,
  alu64Imm,
  aluImm,
  byteSwap,
  mov32,
  mov32Imm,
  mov64,
  mov64Imm,
  movSignExtend,
  negate,
  signedAlu,
} from "@sonde/bpf/asm";
export { atomic, atomicAdd, load, loadSignExtend, store, storeImm } from "@sonde/bpf/asm";
export { loadFunction, loadImm64, loadMap, loadMapValue } from "@sonde/bpf/asm";
export { callHelper, callKfunc, callSubprogram, exit, jump, jumpIf, jumpIfImm } from "@sonde/bpf/asm";
export { withCore, withLabel, withSource } from "@sonde/bpf/asm";
export { helperId, helperName, HELPERS, helperSince } from "@sonde/bpf/asm";
export { AluOp, AtomicOp, Class, CoreKind, JumpOp, LDDW, Mode, Pseudo, Size, Source, STACK_SIZE } from "@sonde/bpf/asm";
export { accessSize, classOf, isLoadImm64, isLongJump, isMemoryAccess } from "@sonde/bpf/asm";
export { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 } from "@sonde/bpf/asm";
export type {
  AccessSize,
  BinaryOp,
  CoreRelocation,
  HelperName,
  Instruction,
  Layout,
  Reference,
  Resolver,
  SourcePosition,
  Width,
} from "@sonde/bpf/asm";

/** The BPF instruction set: build, lay out, encode, decode, disassemble. */
export { assemble } from "./assemble.ts";
export { AssemblyError } from "./assemble-cursor.ts";
export * from "./build.ts";
export * from "./decode.ts";
export * from "./disassemble.ts";
export * from "./encode.ts";
export * from "./errors.ts";
export * from "./helpers.ts";
export * from "./instruction.ts";
export * from "./layout.ts";
export * from "./opcodes.ts";
export * from "./registers.ts";

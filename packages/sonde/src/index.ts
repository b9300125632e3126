/**
 * See, measure and shape a running Linux kernel from TypeScript. The parts have paths of their own:
 * `sonde/elf`, `sonde/btf`, `sonde/asm`, `sonde/vm`, `sonde/kernel`.
 */
export { LiveObject, loadObject, type LoadObjectOptions, type ObjectSource, openObject } from "./object.ts";
export { compile, ScriptError } from "./trace.ts";
export { ElfError } from "@sonde/bpf/elf";
export { BtfError, CodecError } from "@sonde/bpf/btf";
export type { AttachTarget, MapSpec, ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";
export type { Collection, MapEditor, ObjectEditor, ProgramEditor } from "@sonde/kernel/collection";
export { Attacher, Link } from "@sonde/kernel/links";
export { BpfMap, TypedMap } from "@sonde/kernel/maps";
export { Program, VerifierError } from "@sonde/kernel/programs";
export { type Kernel, KernelError, openKernel, UnsupportedFeatureError } from "@sonde/kernel/sys";
export { Session, startSession } from "@sonde/runtime";

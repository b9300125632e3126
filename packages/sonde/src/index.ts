/**
 * BPF objects in a running Linux kernel: open, set, load, attach, read. The parts have paths of their own:
 *
 * | path | holds |
 * | --- | --- |
 * | `sonde/kernel` | maps, programs, links, rings, features and objects of the system, one by one |
 * | `sonde/elf` | objects read from and written as ELF files |
 * | `sonde/btf` | types: read, built, printed; values by their types |
 * | `sonde/core` | CO-RE relocations resolved by hand |
 * | `sonde/asm` | instructions: built, assembled, disassembled |
 * | `sonde/vm` | programs run without a kernel |
 * | `sonde/spec` | what objects are, as data |
 * | `sonde/trace` | the tracing language: scripts compiled to objects, sessions |
 */
export { defineObject } from "./define.ts";
export type { MapDefinition, ObjectDefinition, ProgramDefinition } from "./define.ts";
export { LiveObject } from "./live-object.ts";
export type { RecordOptions } from "./live-object.ts";
export { loadObject, loadObjectAsync, openObject } from "./object.ts";
export type { LoadObjectOptions, ObjectSource } from "./object.ts";

export type { AttachTarget, MapSpec, ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";
export { Collection, ObjectEditor } from "@sonde/kernel/collection";
export type {
  LoadOptions,
  LoadReport,
  MapEditor,
  PoisonedAccess,
  ProgramEditor,
  ProgramOutcome,
} from "@sonde/kernel/collection";
export { Link } from "@sonde/kernel/links";
export type { AttachOptions } from "@sonde/kernel/links";
export { BloomFilter, BpfMap, Queue, TypedMap } from "@sonde/kernel/maps";
export { Program } from "@sonde/kernel/programs";
export { PerfBuffer, Ring, UserRing } from "@sonde/kernel/rings";
export { openKernel } from "@sonde/kernel/sys";
export type { Kernel } from "@sonde/kernel/sys";

export { BtfError, CodecError } from "@sonde/bpf/btf";
export { ElfError } from "@sonde/bpf/elf";
export { MapMismatchError } from "@sonde/kernel/maps";
export { VerifierError } from "@sonde/kernel/programs";
export { KernelError, UnsupportedFeatureError } from "@sonde/kernel/sys";

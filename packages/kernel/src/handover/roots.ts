/**
 * Root programs. What is attached to a place is not a monitor's own program but a root, which does
 * nothing but a tail call with a constant index into an array of one program:
 *
 *     event ──> root ──tail call──> slot ──> the program of this version
 *
 * Handing over is one update of the slot, atomic for every CPU: each event runs exactly one version, the
 * old or the new one. The kernel's JIT makes a jump of the tail call, and patches it when the slot changes.
 *
 * A tail call needs both programs to be of one type and, where the verifier checks a program against its
 * place (fentry, fexit, BTF tracepoints, LSM), made for the same place; so each place has a root of its own.
 */
import { callHelper, exit, loadMap, mov64Imm, withLabel } from "@sonde/bpf/asm";
import type { MapSpec, ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";
import type { Collection } from "../collection/collection.ts";
import { loadCollection } from "../collection/load.ts";
import type { Vmlinux } from "../programs/kernel-types.ts";
import type { Kernel } from "../sys/kernel.ts";
import type { ProgramPlace } from "./place.ts";

/** BPF_FUNC_tail_call(context, program array, index). */
const TAIL_CALL = 12;
/** What netfilter lets a packet pass with; at all other places that is 0. */
const NF_ACCEPT = 1;

export function rootName(index: number): string {
  return `root_${index}`;
}

export function slotName(index: number): string {
  return `slot_${index}`;
}

/**
 * Loads a root and its empty slot for each place. Places whose kind of program cannot make tail calls are
 * reported as failed in the collection's report.
 */
export function loadRoots(kernel: Kernel, places: readonly ProgramPlace[], vmlinux: Vmlinux): Collection {
  const spec: ObjectSpec = {
    name: "roots",
    license: "GPL",
    programs: places.map(rootProgram),
    maps: places.map((_, index) => slotMap(index)),
    btf: new Uint8Array(0),
    manifest: { maps: [], events: [], config: { printMapsOnExit: false, stackMode: "bpftrace" } },
  };
  return loadCollection(kernel, spec, { vmlinux, keepGoing: true });
}

/** The context is still in r1. An empty slot lets the tail call fall through: then nothing is forbidden or changed. */
function rootProgram({ subject: { spec }, target, description }: ProgramPlace, index: number): ProgramSpec {
  const { type, attachType, flags } = spec;
  const name = rootName(index);
  return {
    name,
    type,
    attach: [target],
    instructions: [
      withLabel(loadMap(2, slotName(index)), name),
      mov64Imm(3, 0),
      callHelper(TAIL_CALL),
      mov64Imm(0, target.kind === "netfilter" ? NF_ACCEPT : 0),
      exit(),
    ],
    functions: new Map(),
    title: `root of ${description}`,
    ...(attachType !== undefined && { attachType }),
    ...(flags !== undefined && { flags }),
  };
}

function slotMap(index: number): MapSpec {
  return {
    name: slotName(index),
    type: "prog_array",
    keySize: 4,
    valueSize: 4,
    maxEntries: 1,
    flags: 0,
    keyTypeId: 0,
    valueTypeId: 0,
  };
}

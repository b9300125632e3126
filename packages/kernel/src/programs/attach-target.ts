/** Finds what a program is verified against: in the kernel's types, a module's, or another program's. */
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";
import { objectById } from "../sys/bpf/object-commands.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import type { BtfTarget } from "./attach-point.ts";
import type { KernelTypes } from "./kernel-types.ts";
import { programBtf } from "./program-btf.ts";

export interface FoundTarget {
  /** Type id in the BTF of the kernel, of the module or of the program. */
  readonly id: number;
  /** attach_btf_obj_fd or attach_prog_fd of BPF_PROG_LOAD; absent for the kernel itself. */
  readonly fd?: number;
  /** To be closed when the program is loaded. */
  readonly held?: FileDescriptor;
}

/** A program that another one replaces a function of, or traces. */
export interface TargetProgram {
  readonly fd: number;
}

/**
 * Errors: KernelError (ENOENT) where there is no such function or tracepoint; TypeError where the target
 * is another program and none was given.
 */
export function findTarget(
  kernel: Kernel,
  types: KernelTypes,
  target: BtfTarget,
  program: TargetProgram | undefined,
  subject: string,
): FoundTarget {
  if (program !== undefined) return inProgram(kernel, target, program, subject);
  if (target.programId !== undefined) return inLoaded(kernel, target, target.programId, subject);
  if (target.ofProgram === true) {
    throw new TypeError(
      `${subject} replaces function '${target.name}' of another program: hand that program over (targetPrograms)`,
    );
  }
  const { name, kind, module } = target;
  const found = module === undefined ? types.find(name, kind, subject) : types.findIn(module, name, kind, subject);
  if (found === undefined) throw absent(subject, target, where(types, target, subject));
  return { id: found.id, ...(found.module !== undefined && { fd: found.module.fd }) };
}

function inLoaded(kernel: Kernel, target: BtfTarget, id: number, subject: string): FoundTarget {
  const held = objectById(kernel, "program", id);
  if (held === undefined) throw absent(subject, target, `BPF program ${id}, which is not loaded any more`);
  try {
    return { ...inProgram(kernel, target, held, subject), held };
  } catch (error) {
    held.close();
    throw error;
  }
}

function inProgram(kernel: Kernel, target: BtfTarget, { fd }: TargetProgram, subject: string): FoundTarget {
  const btf = programBtf(kernel, fd);
  if (btf === undefined) throw absent(subject, target, "the target program, which was loaded without any");
  const id = btf.find(target.name, target.kind)[0];
  if (id === undefined)
    throw absent(subject, target, `the target program, whose functions are ${[...btf.names("func")].join(", ")}`);
  return { id, fd };
}

function where(types: KernelTypes, { module }: BtfTarget, subject: string): string {
  if (module === undefined) return "the kernel and its loaded modules";
  const loaded = types.module(module, subject) !== undefined;
  return `module '${module}'${loaded ? "" : `, which is not loaded or has none at /sys/kernel/btf/${module}`}`;
}

function absent(subject: string, target: BtfTarget, place: string): KernelError {
  const thing =
    target.kind === "typedef" ? `tracepoint '${target.name.replace(/^btf_trace_/, "")}'` : `function '${target.name}'`;
  return new KernelError({
    call: "BPF_PROG_LOAD",
    subject: `${subject} for ${thing}`,
    errno: Errno.ENOENT,
    advice: `There is no ${thing} in the types of ${place}.`,
  });
}

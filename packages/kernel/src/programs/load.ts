/** BPF_PROG_LOAD, and what is done when it is refused. */
import type { Instruction } from "@sonde/bpf/asm";
import { programLoadAttr } from "../sys/bpf/program-commands.ts";
import type { ProgramLoadRequest } from "../sys/bpf/program-commands.ts";
import { bpfCharged } from "../sys/bpf/charged.ts";
import { BpfCommand, ProgramTypeId } from "../sys/constants.ts";
import { Attr } from "../sys/attr.ts";
import { Errno } from "../sys/errno.ts";
import { kernelError } from "../sys/errors.ts";
import { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Memory } from "../sys/memory.ts";
import type { AttachPoint } from "./attach-point.ts";
import type { EncodedProgram, ObjectContext } from "./encode.ts";
import { findTarget } from "./attach-target.ts";
import { KernelTypes } from "./kernel-types.ts";
import { VerifierError } from "./verifier-error.ts";
import { fetchLog } from "./verifier/fetch-log.ts";
import { readVerifierLog } from "./verifier/log.ts";

/** One BPF_PROG_LOAD that is ready to be made. Close it when it has been. */
export interface Load {
  readonly program: EncodedProgram;
  readonly request: ProgramLoadRequest;
  readonly subject: string;
  close(): void;
}

/** Errors: KernelError (ENOENT) when the kernel function or tracepoint does not exist. */
export function prepareLoad(kernel: Kernel, program: EncodedProgram, point: AttachPoint, object: ObjectContext): Load {
  const { spec, info } = program;
  const subject = `program '${spec.name}' (${spec.title})`;
  const types = object.kernelTypes ?? new KernelTypes(kernel, object.vmlinux);
  let held: { close(): void } | undefined;
  const close = (): void => {
    held?.close();
    if (types !== object.kernelTypes) types.close();
  };
  try {
    const wanted = point.btfTarget;
    const target = wanted && findTarget(kernel, types, wanted, object.targetPrograms?.[spec.name], subject);
    held = target?.held;
    const modules = object.linkage?.symbols.modules ?? [];
    const request: ProgramLoadRequest = {
      type: ProgramTypeId[spec.type],
      instructions: program.bytes,
      license: object.license,
      name: spec.name,
      expectedAttachType: point.expectedAttachType,
      ...(spec.flags !== undefined && { flags: spec.flags }),
      ...(object.version !== undefined && { kernelVersion: object.version }),
      ...(target !== undefined && { attachBtfId: target.id }),
      ...(target?.fd !== undefined && { attachFd: target.fd }),
      ...(modules.length > 0 && { descriptors: [0, ...modules] }),
      ...(info !== undefined &&
        object.btf !== undefined && { btf: { fd: object.btf.fd, functions: info.funcInfo, lines: info.lineInfo } }),
    };
    return { program, request, subject, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The verifier gives up when a signal arrives; libbpf tries as often. */
const ATTEMPTS = 5;

/**
 * Loads without a log, which is fastest; a refused program is loaded again to learn why.
 *
 * Errors: VerifierError; KernelError where the kernel says nothing but an errno.
 */
export function load(kernel: Kernel, prepared: Load): FileDescriptor {
  const result = attempt(kernel, prepared.request);
  return result >= 0 ? new FileDescriptor(result) : loadWithLog(kernel, prepared, -result);
}

/** {@link load} on another thread, so that a long verification does not block this one. */
export async function loadAsync(kernel: Kernel, prepared: Load): Promise<FileDescriptor> {
  const attr = programLoadAttr(new Attr(kernel), prepared.request);
  const result = await kernel.bpfAsync(BpfCommand.PROG_LOAD, attr);
  return result >= 0 ? new FileDescriptor(result) : load(kernel, prepared);
}

/** A loaded program and what the verifier wrote about it. */
export interface Loaded {
  readonly fd: FileDescriptor;
  readonly log: string;
}

/** The most that every kernel accepts. */
const LARGEST_LOG = 16 * 1024 * 1024 - 1;

/** {@link load} with the verifier's log of a program that it takes; `level` holds bits of BPF_LOG_LEVEL. */
export function loadVerbose(kernel: Kernel, prepared: Load, level: number): Loaded {
  for (let size = 64 * 1024; size <= LARGEST_LOG; size = Math.max(size + 1, Math.min(size * 16, LARGEST_LOG))) {
    const buffer = new Memory(kernel, size);
    const result = attempt(kernel, { ...prepared.request, log: { level, buffer } });
    const log = Buffer.from(buffer.bytes.subarray(0, buffer.bytes.indexOf(0))).toString("utf8");
    if (result >= 0) return { fd: new FileDescriptor(result), log };
    if (result !== -Errno.ENOSPC) throw refusal(prepared.program, prepared.subject, -result, log);
  }
  return { fd: load(kernel, prepared), log: "" };
}

function attempt(kernel: Kernel, request: ProgramLoadRequest): number {
  for (let attempts = 1; ; attempts++) {
    const result = bpfCharged(kernel, BpfCommand.PROG_LOAD, () => programLoadAttr(kernel.attr(0), request));
    if (result !== -Errno.EAGAIN || attempts === ATTEMPTS) return result;
  }
}

function loadWithLog(kernel: Kernel, { program, request, subject }: Load, errno: number): FileDescriptor {
  const log = fetchLog(kernel, errno, (into) => attempt(kernel, { ...request, log: into }));
  if (typeof log === "number") return new FileDescriptor(log);
  throw refusal(program, subject, errno, log);
}

function refusal(program: EncodedProgram, subject: string, errno: number, log: string): Error {
  const verdict = readVerifierLog(log);
  if (verdict.reason === "") return kernelError("BPF_PROG_LOAD", subject, errno);
  const index = verdict.slot === undefined ? undefined : instructionAt(program, verdict.slot);
  return new VerifierError({
    subject,
    errno,
    reason: index === undefined ? undefined : program.poisoned.get(index),
    source: index === undefined ? undefined : sourceOf(program.layout.instructions, index),
    log,
    verdict,
  });
}

function instructionAt({ layout }: EncodedProgram, slot: number): number | undefined {
  const index = layout.slots.findLastIndex((first) => first <= slot);
  return index === -1 ? undefined : index;
}

/** Code made up by the compiler has no source of its own: it belongs to what stands before it. */
function sourceOf(instructions: readonly Instruction[], index: number): Instruction["source"] {
  return instructions.slice(0, index + 1).findLast(({ source }) => source !== undefined)?.source;
}

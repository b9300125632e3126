/** Programs that exist already, by path. */
import type { ProgramSpec, ProgramType } from "@sonde/bpf/spec";
import { objectById, objectGet, objectInfo } from "../sys/bpf/object-commands.ts";
import { ProgramTypeId } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { kernelError } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Program } from "./program.ts";

/** In struct bpf_prog_info: 0 type   64 name[16]. */
const NAME_AT = 64;
const NAME_BYTES = 16;

/**
 * The program that is pinned at a path. Of its specification only name and type are known; it has no
 * targets: attach it by naming one. Errors: KernelError (ENOENT); TypeError for a type that came later than this library.
 */
export function openPinnedProgram(kernel: Kernel, path: string): Program {
  return adoptProgram(kernel, objectGet(kernel, path), path);
}

/** The program with this id. Errors: KernelError (ENOENT) when it is gone; TypeError as above. */
export function openProgramById(kernel: Kernel, id: number): Program {
  const subject = `program ${id}`;
  const fd = objectById(kernel, "program", id);
  if (fd === undefined) throw kernelError("BPF_PROG_GET_FD_BY_ID", subject, Errno.ENOENT);
  return adoptProgram(kernel, fd, subject);
}

/** Takes the descriptor over. */
function adoptProgram(kernel: Kernel, fd: FileDescriptor, subject: string): Program {
  try {
    const info = objectInfo(kernel, fd.fd, NAME_AT + NAME_BYTES, subject);
    const number = info.getUint32(0, true);
    const type = Object.entries(ProgramTypeId).find(([, id]) => id === number)?.[0] as ProgramType | undefined;
    if (type === undefined) throw new TypeError(`${subject} is a program of type ${number}, which is not known`);
    const name = Buffer.from(info.buffer, NAME_AT, NAME_BYTES).toString("latin1").replace(/\0.*$/s, "");
    const spec: ProgramSpec = { name, type, attach: [], instructions: [], functions: new Map(), title: subject };
    return new Program(kernel, spec, [], fd);
  } catch (error) {
    fd.close();
    throw error;
  }
}

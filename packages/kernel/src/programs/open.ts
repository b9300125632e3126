/** Programs that exist already, by path. */
import type { ProgramSpec, ProgramType } from "@sonde/bpf/spec";
import { objectGet, objectInfo } from "../sys/bpf/object-commands.ts";
import { ProgramTypeId } from "../sys/constants.ts";
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
  const fd = objectGet(kernel, path);
  try {
    const info = objectInfo(kernel, fd.fd, NAME_AT + NAME_BYTES, path);
    const number = info.getUint32(0, true);
    const type = Object.entries(ProgramTypeId).find(([, id]) => id === number)?.[0] as ProgramType | undefined;
    if (type === undefined) throw new TypeError(`${path} is a program of type ${number}, which is not known`);
    const name = Buffer.from(info.buffer, NAME_AT, NAME_BYTES).toString("latin1").replace(/\0.*$/s, "");
    const spec: ProgramSpec = { name, type, attach: [], instructions: [], functions: new Map(), title: path };
    return new Program(kernel, spec, [], fd);
  } catch (error) {
    fd.close();
    throw error;
  }
}

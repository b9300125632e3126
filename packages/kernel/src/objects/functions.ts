/** Functions of the BPF programs that run: what fentry and fexit can be attached to. */
import type { Btf } from "@sonde/bpf/btf";
import { objectById, objectIds } from "../sys/bpf/object-commands.ts";
import type { Kernel } from "../sys/kernel.ts";
import { programBtf } from "../programs/program-btf.ts";
import { programCode } from "./program-code.ts";

export interface ProgramFunction {
  readonly program: number;
  /** In whole, from the program's types. */
  readonly name: string;
  readonly parameters: number;
}

/** Of every program with types, or of one. Errors: KernelError, EPERM without CAP_SYS_ADMIN. */
export function programFunctions(kernel: Kernel, only?: number): ProgramFunction[] {
  const ids = only === undefined ? [...objectIds(kernel, "program")] : [only];
  return ids.flatMap((id) => {
    using fd = objectById(kernel, "program", id);
    const btf = fd && programBtf(kernel, fd.fd);
    if (fd === undefined || btf === undefined) return [];
    const { functions } = programCode(kernel, fd.fd, `program ${id}`);
    return functions.flatMap(({ typeId }) => functionOf(btf, id, typeId));
  });
}

function functionOf(btf: Btf, program: number, typeId: number): ProgramFunction[] {
  const func = btf.type(typeId);
  const prototype = func.kind === "func" ? btf.type(func.type) : undefined;
  if (func.kind !== "func" || prototype?.kind !== "funcProto") return [];
  return [{ program, name: func.name, parameters: prototype.params.length }];
}

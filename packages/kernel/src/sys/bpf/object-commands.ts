/** bpf(2) commands that are the same for maps, programs, links and BTF: pins, ids and information. */
import type { Attr } from "../attr.ts";
import { BpfCommand } from "../constants.ts";
import { Errno } from "../errno.ts";
import { checked, kernelError } from "../errors.ts";
import { FileDescriptor } from "../file-descriptor.ts";
import type { Kernel } from "../kernel.ts";

/**
 * BPF_OBJ_PIN: gives an object a path on a BPF file system, where it outlives the process.
 *
 *     0 pathname (u64)   8 bpf_fd   12 file_flags
 */
export function objectPin(kernel: Kernel, fd: number, path: string): void {
  const attr = kernel.attr(16);
  attr.path(0, path);
  attr.u32(8, fd);
  checked(kernel.bpf(BpfCommand.OBJ_PIN, attr), "BPF_OBJ_PIN", path);
}

/** BPF_OBJ_GET: opens what is pinned at a path. */
export function objectGet(kernel: Kernel, path: string): FileDescriptor {
  const attr = kernel.attr(16);
  attr.path(0, path);
  return new FileDescriptor(checked(kernel.bpf(BpfCommand.OBJ_GET, attr), "BPF_OBJ_GET", path));
}

/**
 * BPF_OBJ_GET_INFO_BY_FD: the first `size` bytes of struct bpf_{map,prog,link,btf}_info; what an
 * older kernel does not have is zero.
 *
 *     0 bpf_fd   4 info_len   8 info (u64)
 *
 * `fill` may set fields beforehand: pointers to memory reserved in `attr`, and its lengths, for what the
 * kernel should write there. That memory is valid until the next call.
 */
export function objectInfo(
  kernel: Kernel,
  fd: number,
  size: number,
  subject: string,
  fill?: (info: DataView, attr: Attr) => void,
): DataView {
  const attr = kernel.attr(16);
  attr.u32(0, fd);
  attr.u32(4, size);
  const bytes = attr.output(8, size);
  const info = new DataView(bytes.buffer, bytes.byteOffset, size);
  fill?.(info, attr);
  checked(kernel.bpf(BpfCommand.OBJ_GET_INFO_BY_FD, attr), "BPF_OBJ_GET_INFO_BY_FD", subject);
  // The argument block is reused by the next call.
  return new DataView(bytes.slice().buffer);
}

export type ObjectKind = "map" | "program" | "link" | "btf";

const NEXT_ID = {
  map: BpfCommand.MAP_GET_NEXT_ID,
  program: BpfCommand.PROG_GET_NEXT_ID,
  link: BpfCommand.LINK_GET_NEXT_ID,
  btf: BpfCommand.BTF_GET_NEXT_ID,
} as const;

const BY_ID = {
  map: BpfCommand.MAP_GET_FD_BY_ID,
  program: BpfCommand.PROG_GET_FD_BY_ID,
  link: BpfCommand.LINK_GET_FD_BY_ID,
  btf: BpfCommand.BTF_GET_FD_BY_ID,
} as const;

/** BPF_*_GET_NEXT_ID: ids of all objects of a kind, ascending. */
export function* objectIds(kernel: Kernel, kind: ObjectKind): Generator<number> {
  for (let id = 0; ;) {
    const attr = kernel.attr(12);
    attr.u32(0, id);
    const result = kernel.bpf(NEXT_ID[kind], attr);
    if (result === -Errno.ENOENT) return;
    checked(result, "BPF_OBJ_GET_NEXT_ID", `${kind} ids after ${id}`);
    id = attr.readU32(4);
    yield id;
  }
}

/** BPF_*_GET_FD_BY_ID; undefined when the object went away meanwhile. */
export function objectById(kernel: Kernel, kind: ObjectKind, id: number): FileDescriptor | undefined {
  const attr = kernel.attr(12);
  attr.u32(0, id);
  const result = kernel.bpf(BY_ID[kind], attr);
  if (result >= 0) return new FileDescriptor(result);
  if (result === -Errno.ENOENT) return undefined;
  throw kernelError("BPF_OBJ_GET_FD_BY_ID", `${kind} ${id}`, -result);
}

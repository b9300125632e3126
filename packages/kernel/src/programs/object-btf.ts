/** Loads an object's own BTF, on kernels that are older than it as well. */
import { btfLoad } from "../sys/bpf/btf-commands.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";
import { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { Memory } from "../sys/memory.ts";
import { reduceBtf } from "@sonde/bpf/btf";

const LOG_BYTES = 64 * 1024;

export interface LoadedBtf {
  readonly fd: FileDescriptor;
  /** Whether kinds were replaced that this kernel does not know. */
  readonly reduced: boolean;
}

/**
 * BPF_BTF_LOAD; if the kernel refuses the types, once more with those replaced that came after 5.10.
 *
 * Errors: KernelError with the kernel's log.
 */
export function loadObjectBtf(kernel: Kernel, btf: Uint8Array, subject: string): LoadedBtf {
  const first = btfLoad(kernel, btf);
  if (first >= 0) return { fd: new FileDescriptor(first), reduced: false };
  const reduced = first === -Errno.EINVAL ? reduceBtf(btf) : btf;
  const log = new Memory(kernel, LOG_BYTES);
  const second = btfLoad(kernel, reduced, log);
  if (second >= 0) return { fd: new FileDescriptor(second), reduced: reduced !== btf };
  const text = Buffer.from(log.bytes.subarray(0, log.bytes.indexOf(0)))
    .toString("utf8")
    .trimEnd();
  throw new KernelError({
    call: "BPF_BTF_LOAD",
    subject: `the types of ${subject}`,
    errno: -second,
    kernelText: text,
    advice: text === "" ? undefined : `The kernel says: ${text.slice(text.lastIndexOf("\n") + 1)}`,
  });
}

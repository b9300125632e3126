/** The types that a loaded program came with: by them another program names the function it replaces or traces. */
import { BtfReader } from "@sonde/bpf/btf";
import { btfBytes } from "../sys/bpf/btf-commands.ts";
import { objectById, objectInfo } from "../sys/bpf/object-commands.ts";
import type { Kernel } from "../sys/kernel.ts";

/** In struct bpf_prog_info. */
const BTF_ID_AT = 128;

/** Undefined for programs that were loaded without types. */
export function programBtf(kernel: Kernel, programFd: number): BtfReader | undefined {
  const id = objectInfo(kernel, programFd, BTF_ID_AT + 4, "a program").getUint32(BTF_ID_AT, true);
  if (id === 0) return undefined;
  using fd = objectById(kernel, "btf", id);
  return fd && new BtfReader(btfBytes(kernel, fd.fd, "a program's BTF"));
}

/**
 * BPF tokens (6.9): root delegates some of bpf(2) to a user namespace by mounting a BPF file system
 * for it (options delegate_cmds, delegate_maps, delegate_progs, delegate_attachs). Who is in that namespace makes a
 * token of the mount, and shows it with each command that it is not privileged for.
 */
import { constants, openSync } from "node:fs";
import type { Attr } from "./attr.ts";
import { BpfCommand, MapFlag } from "./constants.ts";
import { checked } from "./errors.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import type { Kernel } from "./kernel.ts";

/**
 * BPF_TOKEN_CREATE. `bpffs` is the folder where the delegated BPF file system is mounted.
 *
 *     0 flags   4 bpffs_fd
 *
 * Errors: KernelError: EOPNOTSUPP outside of a user namespace, EPERM in another than the mount is for,
 * ENOENT where the mount delegates nothing, EINVAL before 6.9.
 */
export function createToken(kernel: Kernel, bpffs: string): FileDescriptor {
  using folder = new FileDescriptor(openSync(bpffs, constants.O_RDONLY | constants.O_DIRECTORY));
  const attr = kernel.attr(8);
  attr.u32(4, folder.fd);
  return new FileDescriptor(checked(kernel.bpf(BpfCommand.TOKEN_CREATE, attr), "BPF_TOKEN_CREATE", bpffs));
}

/** The kernel as it answers to who shows this token. The token must stay open as long as it is used. */
export function withToken(kernel: Kernel, token: { readonly fd: number }): Kernel {
  return {
    ...kernel,
    bpf: (command, attr) => kernel.bpf(command, showToken(command, attr, token.fd)),
    bpfAsync: (command, attr) => kernel.bpfAsync(command, showToken(command, attr, token.fd)),
  };
}

/** Where each command takes the token's descriptor, and where the flags that say so. */
const PLACES: Readonly<Partial<Record<number, { readonly flags: number; readonly token: number }>>> = {
  [BpfCommand.MAP_CREATE]: { flags: 16, token: 76 },
  [BpfCommand.PROG_LOAD]: { flags: 44, token: 144 },
  [BpfCommand.BTF_LOAD]: { flags: 32, token: 36 },
};

function showToken(command: number, attr: Attr, fd: number): Attr {
  const place = PLACES[command];
  if (place === undefined) return attr;
  attr.extend(place.token + 4);
  attr.u32(place.flags, attr.readU32(place.flags) | MapFlag.TOKEN_FD);
  attr.u32(place.token, fd);
  return attr;
}

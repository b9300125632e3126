/** Keys and values that are file descriptors when they are written. */
import type { Codec } from "@sonde/bpf/btf";

/** Something that is open: its number, or the owner of it (a BpfMap, a Program, a FileDescriptor). */
export type Descriptor = number | { readonly fd: number };

/**
 * 4 or 8 bytes. What is read back is not the descriptor but what the kernel stands for it: the id of
 * a program or map, a socket's cookie.
 */
export function descriptorCodec(size: number): Codec<Descriptor> {
  return {
    size,
    read: (view, offset) => (size === 8 ? Number(view.getBigUint64(offset, true)) : view.getUint32(offset, true)),
    write: (view, offset, value) => {
      const fd = typeof value === "number" ? value : value.fd;
      if (size === 8) view.setBigInt64(offset, BigInt(fd), true);
      else view.setInt32(offset, fd, true);
    },
  };
}

/** Sockets whose kind Node.js does not know. */
import { Attr } from "./attr.ts";
import { Errno } from "./errno.ts";
import { checked, kernelError } from "./errors.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import type { Kernel } from "./kernel.ts";

/** SOCK_CLOEXEC. */
const CLOEXEC = 0x80000;

export const AddressFamily = { INET: 2, INET6: 10, NETLINK: 16, PACKET: 17 } as const;
export const SocketType = { STREAM: 1, DGRAM: 2, RAW: 3 } as const;
export const SOL_SOCKET = 1;

/** socket(2), in the network namespace of this thread; close-on-exec. */
export function openSocket(
  kernel: Kernel,
  family: number,
  type: number,
  protocol: number,
  subject: string,
): FileDescriptor {
  return new FileDescriptor(
    checked(kernel.syscall("socket", undefined, family, type | CLOEXEC, protocol), "socket", subject),
  );
}

/** bind(2), connect(2): `address` is a struct sockaddr of the socket's family. */
export function setAddress(
  kernel: Kernel,
  call: "bind" | "connect",
  fd: number,
  address: Uint8Array,
  subject: string,
): void {
  const attr = kernel.attr(0);
  const memory = attr.reserve(address.length);
  memory.bytes.set(address);
  checked(kernel.syscall(call, attr, fd, memory.address, address.length), call, subject);
}

/** sendto(2) of one message, to where the socket is connected unless an address is given. */
export function sendMessage(
  kernel: Kernel,
  fd: number,
  message: Uint8Array,
  subject: string,
  address?: Uint8Array,
): void {
  const attr = new Attr(kernel, 0, message.length + (address?.length ?? 0) + 16);
  const memory = attr.reserve(message.length);
  memory.bytes.set(message);
  const to = address && attr.reserve(address.length);
  if (address !== undefined) to?.bytes.set(address);
  const sent = kernel.syscall(
    "sendto",
    attr,
    fd,
    memory.address,
    message.length,
    0,
    to?.address ?? 0,
    address?.length ?? 0,
  );
  checked(sent, "sendto", subject);
}

/** recvfrom(2) of one message of at most `size` bytes; waits for it unless the socket says otherwise. */
export function receiveMessage(kernel: Kernel, fd: number, size: number, subject: string): Uint8Array {
  const attr = new Attr(kernel, 0, size + 8);
  const memory = attr.reserve(size);
  for (;;) {
    const length = kernel.syscall("recvfrom", attr, fd, memory.address, size, 0, 0, 0);
    if (length === -Errno.EINTR) continue;
    if (length < 0) throw kernelError("recvfrom", subject, -length);
    return memory.bytes.subarray(0, length);
  }
}

/** setsockopt(2) with an integer. */
export function setSocketOption(
  kernel: Kernel,
  fd: number,
  level: number,
  option: number,
  value: number,
  subject: string,
): void {
  const attr = kernel.attr(0);
  const memory = attr.reserve(4);
  new DataView(memory.bytes.buffer, memory.bytes.byteOffset).setInt32(0, value, true);
  checked(kernel.syscall("setsockopt", attr, fd, level, option, memory.address, 4), "setsockopt", subject);
}

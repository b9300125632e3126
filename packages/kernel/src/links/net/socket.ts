/** Programs for one socket: what it receives, and which of a group that share a port receives it. */
import { fstatSync } from "node:fs";
import { type Kernel, SOL_SOCKET, setSocketOption } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import { HeldLink, refuseExpected } from "./held-link.ts";

export interface SocketPlace {
  /** Descriptor of an open socket, which must stay open for as long as the program shall run. */
  readonly socket: number;
}

const SO_ATTACH_BPF = 50;
const SO_DETACH_FILTER = 27;
const SO_ATTACH_REUSEPORT_EBPF = 52;
const SO_DETACH_REUSEPORT_BPF = 68;

/**
 * A socket_filter program that says how many bytes of each packet the socket keeps; 0 drops it. It
 * takes the place of any filter that the socket has. Errors: KernelError (EPERM for a locked filter).
 */
export function attachSocketFilter(kernel: Kernel, program: LoadedProgram, place: SocketPlace): Link {
  return attachOption(kernel, program, place, "socket_filter", SO_ATTACH_BPF, SO_DETACH_FILTER);
}

/**
 * A sk_reuseport (or socket_filter) program that chooses among the sockets that share the address of
 * this one by SO_REUSEPORT. One socket of the group is enough. Errors: KernelError: EINVAL where the
 * socket is bound without SO_REUSEPORT.
 */
export function attachReuseport(kernel: Kernel, program: LoadedProgram, place: SocketPlace): Link {
  return attachOption(kernel, program, place, "sk_reuseport", SO_ATTACH_REUSEPORT_EBPF, SO_DETACH_REUSEPORT_BPF);
}

function attachOption(
  kernel: Kernel,
  program: LoadedProgram,
  { socket }: SocketPlace,
  what: string,
  attach: number,
  detach: number,
): Link {
  const subject = `${what}:socket descriptor ${socket}`;
  const road = "socket option";
  const inode = fstatSync(socket).ino;
  setSocketOption(kernel, socket, SOL_SOCKET, attach, program.fd, subject);
  return new HeldLink(kernel, subject, road, {
    replace(next, expected) {
      refuseExpected(expected, subject, road);
      if (!isStill(socket, inode)) throw new TypeError(`${subject} has been closed`);
      setSocketOption(kernel, socket, SOL_SOCKET, attach, next.fd, subject);
    },
    remove() {
      // The program went with its socket; the number may be another's by now.
      if (isStill(socket, inode)) setSocketOption(kernel, socket, SOL_SOCKET, detach, 0, subject);
    },
    close() {},
  });
}

function isStill(socket: number, inode: number): boolean {
  try {
    return fstatSync(socket).ino === inode;
  } catch {
    return false;
  }
}

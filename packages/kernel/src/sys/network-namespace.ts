/** Network namespaces, in which interfaces have their names and numbers. */
import { openSync } from "node:fs";
import { checked } from "./errors.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import type { Kernel } from "./kernel.ts";

const CLONE_NEWNET = 0x4000_0000;

/**
 * A name that `ip netns` gave, a path ("/proc/42/ns/net"), or an open descriptor, which is left open.
 * Where it may be left out, this thread's own is meant.
 */
export type NetworkNamespace = string | number;

/**
 * Opens a namespace; the descriptor keeps it alive. Of a descriptor, one more of the same is opened.
 * Errors: ENOENT of the file system where there is none of that name.
 */
export function openNetworkNamespace(namespace?: NetworkNamespace): FileDescriptor {
  return new FileDescriptor(openSync(namespacePath(namespace), "r"));
}

function namespacePath(namespace: NetworkNamespace | undefined): string {
  if (namespace === undefined) return "/proc/thread-self/ns/net";
  if (typeof namespace === "number") return `/proc/self/fd/${namespace}`;
  return namespace.includes("/") ? namespace : `/run/netns/${namespace}`;
}

/**
 * Runs `body` with this thread in another network namespace; sockets and processes that it makes belong
 * there for good. `body` must not be asynchronous: only while it runs is the thread there.
 *
 * Errors: KernelError of setns(2), which needs CAP_SYS_ADMIN.
 */
export function inNetworkNamespace<T>(kernel: Kernel, namespace: NetworkNamespace | undefined, body: () => T): T {
  if (namespace === undefined) return body();
  using target = openNetworkNamespace(namespace);
  using own = openNetworkNamespace();
  enter(kernel, target, `network namespace ${namespace}`);
  try {
    return body();
  } finally {
    enter(kernel, own, "the network namespace that the thread came from");
  }
}

function enter(kernel: Kernel, namespace: FileDescriptor, subject: string): void {
  checked(kernel.syscall("setns", undefined, namespace.fd, CLONE_NEWNET), "setns", subject);
}

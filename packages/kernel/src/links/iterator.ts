/** Iterators: programs that the kernel runs once for each of its objects when a file is read. */
import { openSync, read as readAside, readSync } from "node:fs";
import { attachTypeId } from "../programs/attach-type.ts";
import { type Attr, FileDescriptor, type Kernel, iterCreate, linkCreate } from "../sys/index.ts";
import { Link } from "./link.ts";

/** What it goes over; all there is if absent. */
export type IteratorParameters =
  /** bpf_map_elem and others that go over one map. */
  | { readonly map: { readonly fd: number } }
  /** cgroup: from the group whose folder is `cgroup`; only it, those below it (before or after it), or those above it. */
  | { readonly cgroup: string; readonly order: "self" | "descendants" | "descendants-post" | "ancestors" }
  /** task, task_file, task_vma: one thread, or all of a process (6.1). */
  | { readonly tid: number }
  | { readonly pid: number };

/** enum bpf_cgroup_iter_order. */
const ORDER = { self: 1, descendants: 2, "descendants-post": 3, ancestors: 4 } as const;

/**
 * BPF_LINK_CREATE of an iterator: 16 address of union bpf_iter_link_info   24 its length.
 *
 *     map     0 map_fd
 *     cgroup  0 order   4 cgroup_fd   8 cgroup_id (u64)
 *     task    0 tid     4 pid         8 pid_fd
 */
export function attachIterator(
  kernel: Kernel,
  programFd: number,
  parameters: IteratorParameters | undefined,
  subject: string,
): Link {
  using group = parameters !== undefined && "cgroup" in parameters ? openFolder(parameters.cgroup) : undefined;
  const extra = (attr: Attr): void => {
    if (parameters === undefined) return;
    const words = wordsOf(parameters, group?.fd ?? 0);
    attr.pointer(16, new Uint8Array(Uint32Array.from(words).buffer));
    attr.u32(24, words.length * 4);
  };
  const fd = linkCreate(kernel, { programFd, target: 0, attachType: attachTypeId("trace_iter"), extra }, subject);
  return new Link(kernel, subject, "iterator link", [{ program: fd }]);
}

function wordsOf(parameters: IteratorParameters, groupFd: number): number[] {
  if ("map" in parameters) return [parameters.map.fd];
  if ("cgroup" in parameters) return [ORDER[parameters.order], groupFd, 0, 0];
  return "tid" in parameters ? [parameters.tid, 0, 0, 0] : [0, parameters.pid, 0, 0];
}

function openFolder(path: string): FileDescriptor {
  return new FileDescriptor(openSync(path, "r"));
}

const CHUNK = 64 * 1024;

/** All that an iterator's program writes in one pass. */
export function readIterator(kernel: Kernel, link: Link): Buffer {
  using file = open(kernel, link);
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const got = readSync(file.fd, chunk, 0, CHUNK, null);
    if (got === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, got));
  }
}

/** The same piece by piece, as it is asked for; the kernel goes on with each piece, on another thread. */
export async function* streamIterator(kernel: Kernel, link: Link): AsyncGenerator<Buffer, void> {
  using file = open(kernel, link);
  for (;;) {
    const chunk = await readChunk(file.fd);
    if (chunk.length === 0) return;
    yield chunk;
  }
}

function readChunk(fd: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    readAside(fd, Buffer.allocUnsafe(CHUNK), 0, CHUNK, null, (error, got, chunk) => {
      if (error === null) resolve(chunk.subarray(0, got));
      else reject(error);
    });
  });
}

function open(kernel: Kernel, link: Link): FileDescriptor {
  if (link.fd === undefined) throw new TypeError(`${link.description} is no iterator`);
  return iterCreate(kernel, link.fd, link.description);
}

/** Objects with a path on a BPF file system. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { objectGet, objectInfo } from "../sys/bpf/object-commands.ts";
import type { ObjectKind } from "../sys/bpf/object-commands.ts";
import { KernelError } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";

/** As deep as anybody nests folders for pins; a bound all the same. */
const MAX_DEPTH = 16;

/** Paths by object: "map 17". What may not be opened is left out. */
export function pinnedObjects(kernel: Kernel): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const root of bpfFileSystems()) {
    for (const path of filesBelow(root, 0)) {
      const object = pinnedObject(kernel, path);
      if (object === undefined) continue;
      const key = `${object.kind} ${object.id}`;
      const paths = found.get(key);
      if (paths === undefined) found.set(key, [path]);
      else if (!paths.includes(path)) paths.push(path);
    }
  }
  return found;
}

/** What is pinned at a path; undefined if nothing is, or it may not be opened. */
export function pinnedObject(
  kernel: Kernel,
  path: string,
): { readonly kind: ObjectKind; readonly id: number } | undefined {
  let fd: FileDescriptor;
  try {
    fd = objectGet(kernel, path);
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
  try {
    const kind = kindOf(fd.fd);
    // The id is the second word of each of the three info structs.
    return kind && { kind, id: objectInfo(kernel, fd.fd, 16, path).getUint32(4, true) };
  } finally {
    fd.close();
  }
}

/** What an open descriptor stands for. */
function kindOf(fd: number): ObjectKind | undefined {
  switch (readlinkSync(`/proc/self/fd/${fd}`)) {
    case "anon_inode:bpf-map":
      return "map";
    case "anon_inode:bpf-prog":
      return "program";
    case "anon_inode:bpf-link":
    case "anon_inode:bpf_link":
      return "link";
    default:
      return undefined;
  }
}

/**
 * Mount points of file systems of type bpf. A line of mountinfo ends, after " - ", with the type; the
 * fifth field is the mount point, with spaces as \040.
 */
function bpfFileSystems(): readonly string[] {
  const points = new Set<string>();
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    if (!line.includes(" - bpf ")) continue;
    const point = line.split(" ")[4];
    if (point !== undefined)
      points.add(point.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8))));
  }
  return [...points];
}

function* filesBelow(folder: string, depth: number): Generator<string> {
  if (depth > MAX_DEPTH) return;
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return; // without the right to look into it
  }
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(path, depth + 1);
    else if (entry.isFile()) yield path;
  }
}

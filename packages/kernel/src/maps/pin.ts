/** Maps with a path on a BPF file system, where they outlive the process that made them. */
import type { Btf } from "@sonde/bpf/btf";
import type { MapSpec } from "@sonde/bpf/spec";
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";
import { pageSize } from "../sys/page-size.ts";
import { mapDifferences, MapMismatchError } from "./compare.ts";
import { createMap } from "./create.ts";
import type { MapCreateOptions } from "./create.ts";
import type { BpfMap } from "./map.ts";
import { openPinnedMap } from "./open.ts";
import { completed } from "./request.ts";

export interface PinnedMapOptions extends MapCreateOptions {
  /** The loaded BTF of the specification's type ids, for a map that is made. */
  readonly btfFd?: number;
  /** The same to read: layouts are compared if it is given. */
  readonly types?: Btf;
}

/**
 * The map that is pinned at `path` if it is what `spec` wants; if there is none, one is made and pinned.
 *
 * Errors: {@link MapMismatchError} that lists what differs; KernelError of making or pinning, with
 * nothing left open.
 */
export function pinnedMap(
  kernel: Kernel,
  spec: MapSpec,
  path: string,
  options: PinnedMapOptions = {},
): { readonly map: BpfMap; readonly reused: boolean } {
  const existing = reuse(kernel, spec, path, options);
  if (existing !== undefined) return { map: existing, reused: true };
  const map = createMap(kernel, spec, options.btfFd, options);
  try {
    map.pin(path);
    return { map, reused: false };
  } catch (error) {
    map.close();
    if (!isErrno(error, Errno.EEXIST)) throw error;
    // Somebody else was faster.
    const other = reuse(kernel, spec, path, options);
    if (other === undefined) throw error;
    return { map: other, reused: true };
  }
}

function reuse(kernel: Kernel, spec: MapSpec, path: string, { types }: PinnedMapOptions): BpfMap | undefined {
  let map: BpfMap;
  try {
    map = openPinnedMap(kernel, path, spec.name);
  } catch (error) {
    if (isErrno(error, Errno.ENOENT)) return undefined;
    throw error;
  }
  try {
    const wanted = completed(spec, { possibleCpus: () => kernel.possibleCpus(), pageSize: pageSize() });
    const differences = mapDifferences(kernel, wanted, map.info(), types);
    if (differences.length === 0) return map;
    throw new MapMismatchError(`map '${spec.name}' (${spec.type})`, path, differences);
  } catch (error) {
    map.close();
    throw error;
  }
}

function isErrno(error: unknown, errno: number): boolean {
  return error instanceof KernelError && error.errno === errno;
}

/** Makes a live map from its specification. */
import type { MapSpec } from "@sonde/bpf/spec";
import { mapCreate } from "../sys/bpf/map-commands.ts";
import type { MapCreateRequest } from "../sys/bpf/map-commands.ts";
import { MapFlag, MapTypeId } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { pageSize } from "../sys/page-size.ts";
import { mapLayout } from "./layout.ts";
import { BpfMap } from "./map.ts";
import { completed, needsTypes } from "./request.ts";
import { makeTypes } from "./storage-types.ts";
import { explained } from "./unsupported.ts";

export interface MapCreateOptions {
  /** Of struct_ops: the id in the kernel's BTF of `struct bpf_struct_ops_NAME`, which the value is. */
  readonly vmlinuxValueTypeId?: number;
  /** Told what this kernel could not take and the map does without. */
  readonly debug?: (message: string) => void;
}

/**
 * Creates the map; writes its first content, and freezes it if programs may only read it. `btfFd` is
 * the loaded BTF that the specification's type ids belong to.
 *
 * What a type insists on need not be said: BPF_F_NO_PREALLOC of tries and local storages, sizes of rings in
 * whole pages, the BTF of a local storage without types, the number of CPUs for a perf event array of 0 entries.
 *
 * Errors: UnsupportedFeatureError for a type that this kernel does not have; KernelError of
 * BPF_MAP_CREATE (E2BIG and ENOMEM for sizes, EPERM for privilege). Nothing is left open.
 */
export function createMap(kernel: Kernel, spec: MapSpec, btfFd?: number, options: MapCreateOptions = {}): BpfMap {
  const wanted = completed(spec, { possibleCpus: () => kernel.possibleCpus(), pageSize: pageSize() });
  const fd = createDescriptor(kernel, wanted, btfFd, options);
  try {
    const map = new BpfMap(
      kernel,
      fd,
      wanted,
      mapLayout(wanted, () => kernel.possibleCpus()),
    );
    if (wanted.type === "arena") fillArena(map, wanted);
    else if (wanted.data !== undefined && wanted.type !== "struct_ops") {
      map.update(new Uint8Array(wanted.keySize), wanted.data);
      if ((wanted.flags & MapFlag.RDONLY_PROG) !== 0) map.freeze();
    }
    return map;
  } catch (error) {
    fd.close();
    throw error;
  }
}

/** The verifier wants to know where user space has the arena before it takes programs that use it. */
function fillArena(map: BpfMap, { data = new Uint8Array(0), extra = 0n }: MapSpec): void {
  if (data.length === 0 && extra !== 0n) return;
  const memory = new Uint8Array(map.memory());
  if (data.length > memory.length)
    throw new TypeError(`${map.subject} has ${memory.length} bytes, and its variables take ${data.length}`);
  memory.set(data);
}

function createDescriptor(
  kernel: Kernel,
  spec: MapSpec,
  btfFd: number | undefined,
  options: MapCreateOptions,
): FileDescriptor {
  const inner = createTemplate(kernel, spec, btfFd, options);
  const types = needsTypes(spec.type) && spec.valueTypeId === 0 ? makeTypes(kernel, spec) : undefined;
  try {
    return createTyped(
      kernel,
      {
        ...spec,
        type: MapTypeId[spec.type],
        ...(inner !== undefined && { innerMapFd: inner.fd }),
        ...(options.vmlinuxValueTypeId !== undefined && { vmlinuxValueTypeId: options.vmlinuxValueTypeId }),
      },
      types?.request ?? typesOf(spec, btfFd),
      needsTypes(spec.type) ? undefined : (options.debug ?? (() => {})),
    );
  } catch (error) {
    throw explained(kernel, spec, error);
  } finally {
    inner?.close();
    types?.fd.close();
  }
}

type Types = NonNullable<MapCreateRequest["btf"]>;

function typesOf({ keyTypeId, valueTypeId }: MapSpec, btfFd: number | undefined): Types | undefined {
  if (btfFd === undefined || (keyTypeId === 0 && valueTypeId === 0)) return undefined;
  return { fd: btfFd, keyTypeId, valueTypeId };
}

/**
 * Types mostly make dumps readable, and some map types refuse them; which ones differs from version to
 * version. `without` is told when the map is made without them; absent where it must not be.
 */
function createTyped(
  kernel: Kernel,
  request: MapCreateRequest,
  btf: Types | undefined,
  without: ((message: string) => void) | undefined,
): FileDescriptor {
  if (btf === undefined) return mapCreate(kernel, request);
  try {
    return mapCreate(kernel, { ...request, btf });
  } catch (error) {
    const refused = error instanceof KernelError && (error.errno === Errno.EINVAL || error.errno === Errno.ENOTSUPP);
    if (!refused || without === undefined) throw error;
    const fd = mapCreate(kernel, request);
    without(
      `map '${request.name}' is made without BTF of its key and value, which this kernel refused (${error.code})`,
    );
    return fd;
  }
}

/** The kernel copies what maps in a map of maps must look like from one that exists. */
function createTemplate(
  kernel: Kernel,
  { name, type, inner }: MapSpec,
  btfFd: number | undefined,
  options: MapCreateOptions,
): BpfMap | undefined {
  if (type !== "array_of_maps" && type !== "hash_of_maps") return undefined;
  if (inner === undefined) throw new TypeError(`map '${name}' (${type}) does not say what its inner maps look like`);
  return createMap(kernel, inner, btfFd, options);
}

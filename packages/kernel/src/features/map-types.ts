/** Map types, by making the smallest map of each. */
import {
  BpfCommand,
  Errno,
  FileDescriptor,
  type Kernel,
  MapFlag,
  MapTypeId,
  btfLoad,
  errnoName,
  mapCreate,
} from "../sys/index.ts";
import { pageSize } from "../sys/page-size.ts";
import { type Feature, type ProbeContext, type Verdict, YES, no } from "./feature.ts";
import { reasonOf } from "./trial.ts";

interface Shape {
  readonly since: string;
  /** Bytes of the key and of the value; 4 and 4 unless given. */
  readonly key?: number;
  readonly value?: number;
  /** 1 unless given. */
  readonly entries?: number;
  readonly flags?: number;
  /** Local storage: key and value are described by BTF. */
  readonly typed?: boolean;
  /** Maps of maps. */
  readonly inner?: boolean;
}

type MapTypeName = keyof typeof MapTypeId;

function shapes(): Readonly<Record<Exclude<MapTypeName, "struct_ops">, Shape>> {
  const page = pageSize();
  const storage = { entries: 0, flags: MapFlag.NO_PREALLOC, typed: true };
  const ring = { key: 0, value: 0, entries: page };
  return {
    hash: { since: "3.19" },
    array: { since: "3.19" },
    prog_array: { since: "4.2" },
    perf_event_array: { since: "4.3" },
    percpu_hash: { since: "4.6" },
    percpu_array: { since: "4.6" },
    stack_trace: { since: "4.6", value: 8 },
    cgroup_array: { since: "4.8" },
    lru_hash: { since: "4.10" },
    lru_percpu_hash: { since: "4.10" },
    lpm_trie: { since: "4.11", key: 8, value: 8, flags: MapFlag.NO_PREALLOC },
    array_of_maps: { since: "4.12", inner: true },
    hash_of_maps: { since: "4.12", inner: true },
    devmap: { since: "4.14" },
    sockmap: { since: "4.14" },
    cpumap: { since: "4.15" },
    xskmap: { since: "4.18" },
    sockhash: { since: "4.18" },
    cgroup_storage: { since: "4.19", key: 8, value: 8, entries: 0 },
    reuseport_sockarray: { since: "4.19" },
    percpu_cgroup_storage: { since: "4.20", key: 8, value: 8, entries: 0 },
    queue: { since: "4.20", key: 0 },
    stack: { since: "4.20", key: 0 },
    sk_storage: { since: "5.2", ...storage },
    devmap_hash: { since: "5.4" },
    ringbuf: { since: "5.8", ...ring },
    inode_storage: { since: "5.10", ...storage },
    task_storage: { since: "5.11", ...storage },
    bloom_filter: { since: "5.16", key: 0 },
    user_ringbuf: { since: "6.1", ...ring },
    cgrp_storage: { since: "6.2", ...storage },
    arena: { since: "6.9", key: 0, value: 0, flags: MapFlag.MMAPABLE },
  };
}

export function mapTypeFeatures(): readonly Feature[] {
  const plain = Object.entries(shapes()).map(([name, shape]): Feature => ({
    name,
    since: shape.since,
    probe: ({ kernel }) => tryMap(kernel, MapTypeId[name as MapTypeName], shape),
  }));
  return [...plain, { name: "struct_ops", since: "5.6", probe: structOps }];
}

/** Whether maps of this type can be made at all, and since which Linux version; undefined for struct_ops, which need more. */
export function mapTypeSupport(
  kernel: Kernel,
  type: MapTypeName,
): { readonly since: string; readonly verdict: Verdict } | undefined {
  if (type === "struct_ops") return undefined;
  const shape = shapes()[type];
  return { since: shape.since, verdict: tryMap(kernel, MapTypeId[type], shape) };
}

/** Whether ring buffers can be made. */
export function ringbuf({ kernel }: Pick<ProbeContext, "kernel">): Verdict {
  return tryMap(kernel, MapTypeId.ringbuf, shapes().ringbuf);
}

function tryMap(kernel: Kernel, type: number, shape: Shape): Verdict {
  const helpers: FileDescriptor[] = [];
  const keep = (descriptor: FileDescriptor): FileDescriptor => {
    helpers.push(descriptor);
    return descriptor;
  };
  try {
    const request = {
      type,
      keySize: shape.key ?? 4,
      valueSize: shape.value ?? 4,
      maxEntries: shape.entries ?? 1,
      flags: shape.flags ?? 0,
      name: "sonde_trial",
      ...(shape.typed === true && { btf: { fd: keep(intBtf(kernel)).fd, keyTypeId: 1, valueTypeId: 1 } }),
      ...(shape.inner === true && { innerMapFd: keep(plainMap(kernel, "hash")).fd }),
    };
    mapCreate(kernel, request).close();
    return YES;
  } catch (error) {
    return no(reasonOf(error));
  } finally {
    for (const descriptor of helpers) descriptor.close();
  }
}

/** A map of one entry with a key and a value of four bytes. */
export function plainMap(kernel: Kernel, type: "hash" | "array"): FileDescriptor {
  return mapCreate(kernel, {
    type: MapTypeId[type],
    keySize: 4,
    valueSize: 4,
    maxEntries: 1,
    flags: 0,
    name: "sonde_trial",
  });
}

/** Made for a type that is no struct_ops: where the map type is known at all the answer is ENOTSUPP. */
function structOps({ kernel }: ProbeContext): Verdict {
  const attr = kernel.attr(72);
  attr.u32(0, MapTypeId.struct_ops);
  attr.u32(4, 4);
  attr.u32(8, 4);
  attr.u32(12, 1);
  attr.u32(60, 1); // btf_vmlinux_value_type_id
  const result = kernel.bpf(BpfCommand.MAP_CREATE, attr);
  if (result >= 0) new FileDescriptor(result).close();
  return result === -Errno.ENOTSUPP || result >= 0 ? YES : no(`BPF_MAP_CREATE: ${errnoName(-result)}`);
}

/** BTF with one type, `int`: a header of 24 bytes, the type, and the names. */
function intBtf(kernel: Kernel): FileDescriptor {
  const names = "\0int\0";
  const bytes = new Uint8Array(24 + 16 + names.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, true); // magic
  view.setUint8(2, 1); // version
  view.setUint32(4, 24, true); // header
  view.setUint32(12, 16, true); // types: offset 0, length
  view.setUint32(16, 16, true); // names: offset, length
  view.setUint32(20, names.length, true);
  view.setUint32(24, 1, true); // "int"
  view.setUint32(28, 1 << 24, true); // BTF_KIND_INT
  view.setUint32(32, 4, true); // bytes
  view.setUint32(36, (1 << 24) | 32, true); // signed, 32 bits
  bytes.set(Buffer.from(names), 40);
  const result = btfLoad(kernel, bytes);
  if (result < 0) throw new Error(`BPF_BTF_LOAD: ${errnoName(-result)}`);
  return new FileDescriptor(result);
}

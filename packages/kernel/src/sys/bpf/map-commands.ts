/** bpf(2) commands on maps as a whole. Their elements are read and written in `maps/`. */
import { BpfCommand } from "../constants.ts";
import { checked } from "../errors.ts";
import { FileDescriptor } from "../file-descriptor.ts";
import type { Kernel } from "../kernel.ts";
import { bpfCharged } from "./charged.ts";

export interface MapCreateRequest {
  /** A number of {@link MapTypeId}. */
  readonly type: number;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes, of one CPU's value. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Bits of {@link MapFlag}. */
  readonly flags: number;
  readonly name: string;
  /** The BTF object that the type ids belong to; absent for none. */
  readonly btf?: { readonly fd: number; readonly keyTypeId: number; readonly valueTypeId: number };
  /** Template of the inner maps, for maps of maps. */
  readonly innerMapFd?: number;
  /** Where its memory lies, with BPF_F_NUMA_NODE. */
  readonly numaNode?: number;
  /** Of struct_ops: the id in the kernel's BTF of `struct bpf_struct_ops_NAME`. */
  readonly vmlinuxValueTypeId?: number;
  /** Of struct_ops: the BTF of the module that this id is of, with BPF_F_VTYPE_BTF_OBJ_FD; 6.9. Absent for the kernel itself. */
  readonly moduleBtfFd?: number;
  /** What it says depends on the type, see MapSpec; 5.16 */
  readonly extra?: bigint;
}

/**
 * BPF_MAP_CREATE.
 *
 *      0 map_type     4 key_size    8 value_size   12 max_entries
 *     16 map_flags   20 inner_fd   24 numa_node    28 map_name[16]
 *     44 ifindex     48 btf_fd     52 btf_key_id   56 btf_value_id
 *     60 vmlinux_id  64 map_extra (u64)              72 value_type_btf_obj_fd
 */
export function mapCreate(kernel: Kernel, request: MapCreateRequest): FileDescriptor {
  const result = bpfCharged(kernel, BpfCommand.MAP_CREATE, () => {
    const attr = kernel.attr(request.moduleBtfFd === undefined ? 72 : 76);
    attr.u32(0, request.type);
    attr.u32(4, request.keySize);
    attr.u32(8, request.valueSize);
    attr.u32(12, request.maxEntries);
    attr.u32(16, request.flags);
    attr.u32(20, request.innerMapFd ?? 0);
    attr.u32(24, request.numaNode ?? 0);
    attr.name(28, request.name);
    if (request.btf !== undefined) {
      attr.u32(48, request.btf.fd);
      attr.u32(52, request.btf.keyTypeId);
      attr.u32(56, request.btf.valueTypeId);
    }
    attr.u32(60, request.vmlinuxValueTypeId ?? 0);
    attr.u64(64, request.extra ?? 0);
    if (request.moduleBtfFd !== undefined) attr.u32(72, request.moduleBtfFd);
    return attr;
  });
  return new FileDescriptor(checked(result, "BPF_MAP_CREATE", `map '${request.name}'`));
}

/** BPF_MAP_FREEZE: from now on user space cannot write to the map. */
export function mapFreeze(kernel: Kernel, fd: number, subject: string): void {
  const attr = kernel.attr(4);
  attr.u32(0, fd);
  checked(kernel.bpf(BpfCommand.MAP_FREEZE, attr), "BPF_MAP_FREEZE", subject);
}

/** What the kernel says about a map. */
import type { MapType } from "@sonde/bpf/spec";
import { objectInfo } from "../sys/bpf/object-commands.ts";
import { MapTypeId } from "../sys/constants.ts";
import { UnsupportedFeatureError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";

export interface MapInfo {
  /** The kernel's number for it, as bpftool shows. */
  readonly id: number;
  readonly type: MapType;
  /** At most 15 characters. */
  readonly name: string;
  /** Bytes; of per-CPU maps the size of one CPU's value. */
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* bits. */
  readonly flags: number;
  /** The loaded BTF object that the type ids are of; 0 for none. */
  readonly btfId: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** 0 before 5.16. */
  readonly extra: bigint;
}

/**
 * The first bytes of struct bpf_map_info:
 *
 *      0 type          4 id            8 key_size     12 value_size
 *     16 max_entries  20 map_flags    24 name[16]     40 ifindex
 *     44 vmlinux_id   48 netns_dev    56 netns_ino    64 btf_id
 *     68 btf_key_id   72 btf_value_id 76 (unused)     80 map_extra (u64)
 */
export function mapInfo(kernel: Kernel, fd: number, subject: string): MapInfo {
  const info = objectInfo(kernel, fd, 88, subject);
  const name = Buffer.from(info.buffer, 24, 16);
  return {
    type: typeName(info.getUint32(0, true)),
    id: info.getUint32(4, true),
    keySize: info.getUint32(8, true),
    valueSize: info.getUint32(12, true),
    maxEntries: info.getUint32(16, true),
    flags: info.getUint32(20, true),
    name: name.toString("latin1", 0, name.indexOf(0)),
    btfId: info.getUint32(64, true),
    keyTypeId: info.getUint32(68, true),
    valueTypeId: info.getUint32(72, true),
    extra: info.getBigUint64(80, true),
  };
}

function typeName(id: number): MapType {
  for (const [name, value] of Object.entries(MapTypeId)) if (value === id) return name as MapType;
  throw new UnsupportedFeatureError(`map type ${id}`, undefined, "it is newer than what this program knows of");
}

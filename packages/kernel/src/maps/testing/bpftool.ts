/** What bpftool, which is built on libbpf, says of maps: truth from outside. */
import { execFileSync } from "node:child_process";
import type { BpfMap } from "../map.ts";

export interface ShownMap {
  readonly id: number;
  readonly type: string;
  readonly name?: string;
  readonly bytes_key: number;
  readonly bytes_value: number;
  readonly max_entries: number;
  readonly flags: number;
}

/** One entry of `bpftool map dump`: raw bytes, and `formatted` by BTF where the map has types. */
export interface DumpedEntry {
  readonly key?: readonly string[];
  readonly value?: readonly string[];
  readonly values?: readonly { readonly cpu: number; readonly value: readonly string[] }[];
  readonly formatted?: {
    readonly key: unknown;
    readonly value: unknown;
    readonly values?: readonly { readonly cpu: number; readonly value: unknown }[];
  };
}

/** `bpftool map show` of one map. */
export function shown(map: BpfMap): ShownMap {
  return bpftool("map", "show", "id", String(map.info().id)) as ShownMap;
}

export function dumped(map: BpfMap): readonly DumpedEntry[] {
  return bpftool("map", "dump", "id", String(map.info().id)) as readonly DumpedEntry[];
}

/** Bytes as bpftool writes them: ["0x01", "0xff"]. */
export function hexBytes(bytes: Uint8Array): readonly string[] {
  return Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`);
}

export function bpftool(...args: string[]): unknown {
  return JSON.parse(execFileSync("bpftool", ["-j", ...args], { encoding: "utf8", maxBuffer: 1 << 26 }));
}

/** A map of a monitor's own that holds the cgroups whose path matches: ebpf_exporter's `cgroup_id_map`. */
import { closeSync, constants, openSync } from "node:fs";
import type { MonitorView } from "@sonde/bpf/spec";
import type { BpfMap } from "@sonde/kernel/maps";
import { KernelError } from "@sonde/kernel/sys";
import type { Identity } from "./identity.ts";

export class CgroupMap {
  readonly #map: BpfMap;
  readonly #identity: Identity;
  readonly #patterns: readonly RegExp[];
  readonly #end: () => void;

  /** Errors: SyntaxError of a pattern; KernelError of the map. */
  constructor(identity: Identity, map: BpfMap, { patterns }: NonNullable<MonitorView["cgroupMap"]>) {
    this.#map = map;
    this.#identity = identity;
    this.#patterns = patterns.map((pattern) => new RegExp(pattern));
    this.#end = identity.onChange((id, removed) => (removed ? this.#remove(id) : this.#judge(id)));
    for (const { id } of identity.all()) this.#judge(id);
  }

  close(): void {
    this.#end();
  }

  #judge(id: bigint): void {
    const path = this.#identity.cgroup(id)?.path;
    if (path === undefined || !this.#patterns.some((pattern) => pattern.test(`/sys/fs/cgroup${path}`))) return;
    try {
      this.#write(id, this.#identity.hierarchy.mount + path);
    } catch (error) {
      // A map that is full counts what it has; a cgroup may be gone again.
      if (!(error instanceof KernelError) && (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  /** Storage of cgroups is written by a descriptor of the cgroup and goes with it. */
  #write(id: bigint, path: string): void {
    const value = new Uint8Array(this.#map.layout.entrySize);
    value[0] = 1;
    if (this.#map.type !== "cgrp_storage")
      return void this.#map.update(new Uint8Array(BigUint64Array.of(id).buffer), value);
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      this.#map.update(new Uint8Array(Uint32Array.of(fd).buffer), value);
    } finally {
      closeSync(fd);
    }
  }

  #remove(id: bigint): void {
    if (this.#map.type !== "cgrp_storage") this.#map.delete(new Uint8Array(BigUint64Array.of(id).buffer));
  }
}

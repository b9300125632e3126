/** Names and cgroups of processes by their ids, also of those that have ended. */
import { readFileSync } from "node:fs";
import type { Btf } from "@sonde/bpf/btf";
import { findMember } from "@sonde/bpf/btf";
import type { Kernel } from "@sonde/kernel/sys";
import { cgroupLayout, type Hierarchy } from "@sonde/runtime/cgroups";
import type { ProcessIdentity } from "@sonde/runtime/decoders";
import { type RunningObject, runObject } from "@sonde/runtime/tracepoints";
import { PROCESS, processObject } from "./process-object.ts";

export class Processes {
  readonly #object: RunningObject;
  readonly #hierarchy: Hierarchy;
  readonly #cgroupAt: (path: string) => bigint | undefined;

  /**
   * @param cgroupAt the id of the cgroup that is at a path now
   * Errors: KernelError, VerifierError, or Error where the kernel does not tell its types.
   */
  constructor(kernel: Kernel, vmlinux: Btf, hierarchy: Hierarchy, cgroupAt: (path: string) => bigint | undefined) {
    this.#hierarchy = hierarchy;
    this.#cgroupAt = cgroupAt;
    const { cssSet, toCgroup, node, nodeId } = cgroupLayout(vmlinux, hierarchy);
    const at = (member: string): number => taskMember(vmlinux, member);
    const layout = {
      tgid: at("tgid"),
      pid: at("pid"),
      comm: at("comm"),
      toCgroupId: [cssSet, ...toCgroup, node, nodeId],
    };
    this.#object = runObject(kernel, vmlinux, processObject(layout));
  }

  /** Undefined if it was there before and has ended, or was never there. */
  get(pid: number): ProcessIdentity | undefined {
    const value = this.#object.map("processes").lookup(new Uint8Array(Uint32Array.of(pid).buffer));
    if (value === undefined) return this.#present(pid);
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    const comm = bytes.subarray(PROCESS.comm, PROCESS.comm + PROCESS.commSize);
    const end = comm.indexOf(0);
    return {
      comm: comm.toString("utf8", 0, end < 0 ? comm.length : end),
      cgroup: bytes.readBigUInt64LE(PROCESS.cgroup),
    };
  }

  close(): void {
    this.#object.close();
  }

  /** One that was there before the map was. */
  #present(pid: number): ProcessIdentity | undefined {
    try {
      const comm = readFileSync(`/proc/${pid}/comm`, "utf8").replace(/\n$/, "");
      const path = ownPath(readFileSync(`/proc/${pid}/cgroup`, "utf8"), this.#hierarchy);
      return { comm, cgroup: path === undefined ? undefined : this.#cgroupAt(path) };
    } catch {
      return undefined;
    }
  }
}

/** /proc/PID/cgroup has a line for each hierarchy: "ID:CONTROLLERS:PATH". */
export function ownPath(text: string, { id }: Hierarchy): string | undefined {
  const line = text.split("\n").find((each) => each.startsWith(`${id}:`));
  return line?.split(":").slice(2).join(":");
}

function taskMember(btf: Btf, name: string): number {
  const id = btf.find("task_struct", "struct")[0];
  const found = id === undefined ? undefined : findMember(btf, id, name);
  if (found === undefined) throw new Error(`this kernel's types have no task_struct.${name}`);
  return found.bitOffset / 8;
}

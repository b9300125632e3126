/** Where programs are attached, with names in the place of numbers. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { LinkEntry, ProgramInfo } from "@sonde/kernel/objects";
import type { Types } from "./types.ts";

/** Resolves numbers by what the machine says of them; each source is read when it is first needed. */
export class Places {
  readonly #types: Types;
  #interfaces: ReadonlyMap<number, string> | undefined;
  #cgroups: ReadonlyMap<bigint, string> | undefined;

  constructor(types: Types) {
    this.#types = types;
  }

  /** Where a link is; empty where nobody tells. */
  ofLink(link: LinkEntry, program: ProgramInfo | undefined): string {
    switch (link.kind) {
      case "xdp":
        return `xdp ${this.#interface(link.interfaceIndex)}`;
      case "tcx":
      case "netkit":
        return `${link.attachType ?? link.kind} ${this.#interface(link.interfaceIndex)}`;
      case "cgroup":
        return `${link.attachType ?? "cgroup"} ${this.#cgroup(link.cgroupId)}`;
      case "tracing": {
        const name =
          program === undefined ? undefined : this.#functionOf(program, link.targetObjectId, link.targetTypeId);
        return name === undefined ? (link.attachType ?? "").replace(/^trace_/, "") : traced(link.attachType, name);
      }
      default:
        return link.place;
    }
  }

  /** What a program was verified for: a kernel function, a tracepoint, another program's function. */
  ofProgram(program: ProgramInfo): string | undefined {
    return this.#functionOf(program, 0, 0)?.replace(/^btf_trace_/, "");
  }

  /** Kernels before 5.17 tell it of the link only. */
  #functionOf(program: ProgramInfo, objectId: number, typeId: number): string | undefined {
    const id = program.attachBtfTypeId === 0 ? typeId : program.attachBtfTypeId;
    const object = program.attachBtfTypeId === 0 ? objectId : program.attachBtfObjectId;
    return id === 0 ? undefined : this.#types.nameOf(this.#types.ofKernel(object), id);
  }

  #interface(index: number): string {
    this.#interfaces ??= interfaceNames();
    return this.#interfaces.get(index) ?? `interface ${index}`;
  }

  #cgroup(id: bigint): string {
    if (id === 0n) return "a cgroup that was removed";
    this.#cgroups ??= cgroupPaths();
    return this.#cgroups.get(id) ?? `cgroup ${id}`;
  }
}

function traced(attachType: string | undefined, name: string): string {
  switch (attachType) {
    case "trace_raw_tp":
      return `rawtracepoint:${name.replace(/^btf_trace_/, "")}`;
    case "trace_fentry":
    case "trace_fexit":
      return `${attachType.slice("trace_".length)}:${name}`;
    case "modify_return":
      return `fmod_ret:${name}`;
    case "lsm_mac":
      return `lsm:${name.replace(/^bpf_lsm_/, "")}`;
    default:
      return name;
  }
}

function interfaceNames(): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const name of entries("/sys/class/net")) {
    try {
      names.set(Number(readFileSync(`/sys/class/net/${name}/ifindex`, "latin1")), name);
    } catch {
      // It went away meanwhile, or is a file (bonding_masters).
    }
  }
  return names;
}

/** Where systems mount the second version of control groups. */
const CGROUP_ROOTS = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] as const;

/** Paths below the root by id: a group's id is its directory's inode. */
function cgroupPaths(): ReadonlyMap<bigint, string> {
  const root = CGROUP_ROOTS.find((folder) => entries(folder).includes("cgroup.controllers"));
  const paths = new Map<bigint, string>();
  if (root === undefined) return paths;
  const folders = [root as string];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const stat = statSync(folder, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) continue;
    paths.set(stat.ino, folder === root ? "/" : folder.slice(root.length));
    for (const entry of directories(folder)) folders.push(`${folder}/${entry}`);
  }
  return paths;
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function directories(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

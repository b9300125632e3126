/** Who keeps BPF objects alive: processes by their descriptors, and paths on BPF file systems. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { ObjectKind } from "../sys/bpf/object-commands.ts";
import type { Kernel } from "../sys/kernel.ts";
import { pinnedObjects } from "./pins.ts";
import { perfEventProgram } from "./task-descriptors.ts";

export interface HoldingProcess {
  readonly pid: number;
  /** Its own choice of at most 15 bytes: escape it where it is shown. */
  readonly comm: string;
}

export interface Holders {
  readonly processes: readonly HoldingProcess[];
  /** Paths on BPF file systems. */
  readonly pins: readonly string[];
}

/** A program on a perf event without a link: how everything was attached before 5.15. */
export interface PerfEventAttachment extends HoldingProcess {
  readonly programId: number;
  /** "tracepoint:sched_switch", "kprobe:vfs_read+4". */
  readonly place: string;
}

const NOBODY: Holders = { processes: [], pins: [] };

/** A look at /proc and at the BPF file systems: what it does not know may be held by the kernel alone. */
export class HolderIndex {
  readonly #processes: ReadonlyMap<string, ReadonlyMap<number, HoldingProcess>>;
  readonly #pins: ReadonlyMap<string, readonly string[]>;
  readonly perfEvents: readonly PerfEventAttachment[];

  constructor(
    processes: ReadonlyMap<string, ReadonlyMap<number, HoldingProcess>>,
    pins: ReadonlyMap<string, readonly string[]>,
    perfEvents: readonly PerfEventAttachment[],
  ) {
    this.#processes = processes;
    this.#pins = pins;
    this.perfEvents = perfEvents;
  }

  /** Those of one object, by ascending process id. */
  of(kind: ObjectKind, id: number): Holders {
    const processes = this.#processes.get(`${kind} ${id}`);
    const pins = this.#pins.get(`${kind} ${id}`);
    if (processes === undefined && pins === undefined) return NOBODY;
    return { processes: [...(processes?.values() ?? [])].sort((a, b) => a.pid - b.pid), pins: pins ?? [] };
  }
}

/** Costs a readlink for each descriptor of each process: some 10 ms on a quiet machine. */
export function findHolders(kernel: Kernel): HolderIndex {
  const processes = new Map<string, Map<number, HoldingProcess>>();
  const perfEvents: PerfEventAttachment[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    let known: HoldingProcess | undefined;
    const owner = (): HoldingProcess => (known ??= { pid, comm: commOf(pid) });
    for (const { fd, target } of descriptorsOf(pid)) {
      if (target === "anon_inode:[perf_event]") {
        const attached = perfEventProgram(kernel, pid, fd);
        if (attached === undefined) continue;
        perfEvents.push({ ...owner(), ...attached });
        hold(processes, `program ${attached.programId}`, owner());
      } else if (isBpf(target)) {
        for (const object of objectsOf(pid, fd)) hold(processes, object, owner());
      }
    }
  }
  return new HolderIndex(processes, pinnedObjects(kernel), perfEvents);
}

/** bpf-map, bpf-prog, bpf_link, btf, bpf_iter. */
function isBpf(target: string): boolean {
  return target.startsWith("anon_inode:b");
}

function hold(into: Map<string, Map<number, HoldingProcess>>, object: string, owner: HoldingProcess): void {
  let holders = into.get(object);
  if (holders === undefined) into.set(object, (holders = new Map()));
  holders.set(owner.pid, owner);
}

/** Processes come and go while /proc is read: what has gone holds nothing. */
function descriptorsOf(pid: number): readonly { readonly fd: number; readonly target: string }[] {
  const found: { fd: number; target: string }[] = [];
  for (const name of gone(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
    const target = gone(() => readlinkSync(`/proc/${pid}/fd/${name}`));
    if (target !== undefined) found.push({ fd: Number(name), target });
  }
  return found;
}

const FIELDS: readonly (readonly [pattern: RegExp, kind: ObjectKind])[] = [
  [/^map_id:\s*(\d+)$/m, "map"],
  [/^link_id:\s*(\d+)$/m, "link"],
  [/^prog_id:\s*(\d+)$/m, "program"],
  [/^btf_id:\s*(\d+)$/m, "btf"],
];

/** A link's descriptor keeps its program too. */
function objectsOf(pid: number, fd: number): readonly string[] {
  const info = gone(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1")) ?? "";
  return FIELDS.flatMap(([pattern, kind]) => {
    const id = pattern.exec(info)?.[1];
    return id === undefined ? [] : [`${kind} ${id}`];
  });
}

function commOf(pid: number): string {
  return gone(() => readFileSync(`/proc/${pid}/comm`, "utf8").replace(/\n$/, "")) ?? "";
}

function gone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

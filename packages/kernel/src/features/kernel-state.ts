/** What the kernel was built with and how it is set, as far as programs feel it. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { alu64Imm, atomic, exit, jumpIfImm, mov64Imm, storeImm, withLabel } from "@sonde/bpf/asm";
import { BpfCommand, FileDescriptor, ProgramTypeId, enableStatistics, errnoName } from "../sys/index.ts";
import { findTracefs } from "../tracefs/mount.ts";
import { type Feature, type ProbeContext, type Verdict, YES, no } from "./feature.ts";
import { helper } from "./helpers.ts";
import { plainMap } from "./map-types.ts";
import { loads, reasonOf } from "./trial.ts";

export function kernelFeatures(): readonly Feature[] {
  return [
    {
      name: "BTF of the kernel",
      since: "5.2",
      probe: ({ btf }) => present(btf() !== undefined, "there is no /sys/kernel/btf/vmlinux"),
    },
    { name: "BTF of modules", since: "5.11", probe: moduleBtf },
    { name: "just-in-time compiler", since: "3.18", probe: jit },
    { name: "run time statistics", since: "5.8", probe: statistics },
    { name: "batched map reads", since: "5.6", probe: batches },
    {
      name: "memory charged to the control group",
      since: "5.11",
      probe: (c) => helper(c, "ktime_get_coarse_ns", ProgramTypeId.sched_cls),
    },
    { name: "bounded loops", since: "5.3", probe: boundedLoop },
    { name: "atomics with fetch", since: "5.12", probe: atomics },
    { name: "tracefs", since: "4.1", probe: () => present(findTracefs() !== undefined, "it is not mounted") },
    { name: "list of traceable functions", since: "2.6", probe: functionList },
    { name: "addresses of kernel symbols", since: "2.6", probe: kernelAddresses },
    { name: "cgroup2", since: "4.5", probe: cgroup2 },
  ];
}

/** BPF_ATOMIC with fetch: `r1 = atomic_fetch_add(stack, r1)`. */
export function atomics({ kernel }: Pick<ProbeContext, "kernel">): Verdict {
  const instructions = [
    storeImm(8, 10, -8, 0),
    mov64Imm(1, 1),
    atomic("FETCH_ADD", 8, 10, -8, 1),
    mov64Imm(0, 0),
    exit(),
  ];
  return loads(kernel, { type: ProgramTypeId.kprobe, instructions });
}

function boundedLoop({ kernel }: ProbeContext): Verdict {
  const step = withLabel(alu64Imm("ADD", 0, 1), "step");
  return loads(kernel, {
    type: ProgramTypeId.kprobe,
    instructions: [mov64Imm(0, 0), step, jumpIfImm("JLT", 64, 0, 4, "step"), exit()],
  });
}

function moduleBtf(): Verdict {
  const folder = "/sys/kernel/btf";
  const modules = existsSync(folder) ? readdirSync(folder).filter((name) => name !== "vmlinux") : [];
  return present(modules.length > 0, "no loaded module has any");
}

function jit(): Verdict {
  const setting = read("/proc/sys/net/core/bpf_jit_enable");
  if (setting === undefined) return no("there is no net.core.bpf_jit_enable");
  return present(setting !== "0", "net.core.bpf_jit_enable is 0: programs are interpreted");
}

function statistics({ kernel }: ProbeContext): Verdict {
  try {
    enableStatistics(kernel).close();
    return YES;
  } catch (error) {
    return no(reasonOf(error));
  }
}

/**
 * BPF_MAP_LOOKUP_BATCH of no elements.
 *
 *     0 in_batch  8 out_batch  16 keys  24 values (u64)  32 count  36 map_fd  40 elem_flags  48 flags (u64)
 */
function batches({ kernel }: ProbeContext): Verdict {
  using map: FileDescriptor = plainMap(kernel, "hash");
  const attr = kernel.attr(56);
  attr.output(8, 8);
  attr.u32(36, map.fd);
  const result = kernel.bpf(BpfCommand.MAP_LOOKUP_BATCH, attr);
  return present(result >= 0, `BPF_MAP_LOOKUP_BATCH: ${errnoName(-result)}`);
}

function functionList(): Verdict {
  try {
    readFileSync(`${findTracefs() ?? "/sys/kernel/tracing"}/available_filter_functions`);
    return YES;
  } catch (error) {
    return no(`${(error as NodeJS.ErrnoException).code}; BTF's functions are listed instead`);
  }
}

function kernelAddresses(): Verdict {
  const hidden = /^0+ /.test(read("/proc/kallsyms") ?? "0 ");
  return present(!hidden, "/proc/kallsyms shows none: see kernel.kptr_restrict");
}

function cgroup2(): Verdict {
  const mounts = read("/proc/self/mounts") ?? "";
  const mount = /^\S+ (\S+) cgroup2 /m.exec(mounts);
  return mount === null ? no("no cgroup2 hierarchy is mounted") : { supported: true, note: `at ${mount[1]}` };
}

function present(supported: boolean, otherwise: string): Verdict {
  return supported ? YES : no(otherwise);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return undefined;
  }
}

/** Who runs, where and when. */
import type { HelperTable } from "./call.ts";

/** Bytes of task_struct.comm, its NUL included. */
const COMM_BYTES = 16;

export const taskHelpers: HelperTable = {
  ktime_get_ns: ({ environment }) => environment.time("monotonic"),
  ktime_get_coarse_ns: ({ environment }) => environment.time("monotonic"),
  ktime_get_boot_ns: ({ environment }) => environment.time("boottime"),
  ktime_get_tai_ns: ({ environment }) => environment.time("tai"),
  jiffies64: ({ environment }) => environment.time("jiffies"),
  get_prandom_u32: ({ environment }) => environment.random() >>> 0,
  get_smp_processor_id: ({ cpu }) => cpu,
  get_numa_node_id: () => 0,
  get_current_pid_tgid: ({ environment }) => {
    const { pid, tgid } = environment.task();
    return (BigInt(tgid) << 32n) | BigInt(pid);
  },
  get_current_uid_gid: ({ environment }) => {
    const { uid, gid } = environment.task();
    return (BigInt(gid) << 32n) | BigInt(uid);
  },
  get_current_comm: (call) => {
    const output = call.output(1, call.uint(2)).fill(0);
    const comm = new TextEncoder().encode(call.environment.task().comm);
    output.set(comm.subarray(0, Math.min(COMM_BYTES, output.length) - 1));
  },
  get_current_cgroup_id: ({ environment }) => environment.task().cgroupId,
  get_current_task: ({ environment }) => environment.task().address,
  get_current_task_btf: ({ environment }) => environment.task().address,
  get_func_ip: ({ environment }) => environment.functionAddress(),
  get_attach_cookie: ({ environment }) => environment.cookie(),
};

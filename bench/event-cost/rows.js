// The rows of the table: one probe in the tracing language, and the same in TypeScript and in C.

/** Two system calls each. */
const COPIES = 100_000;
const dd = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${COPIES}`, "status=none"];
const opens = ["perl", "-e", 'for (1 .. 60_000) { open(F, "<", "/dev/null"); close(F) }'];
// In bursts, so that no reader's ring overflows: a lost record costs less than a kept one.
const bursts = ["perl", "-e", "for (1 .. 40) { getppid for 1 .. 2_000; select(undef, undef, undef, 0.025) }"];

/**
 * @typedef {object} EventRow
 * @property {string} name
 * @property {string} script in the syntax that bpftrace 0.17 knows
 * @property {string} typescript the same in TypeScript, what it imports left out
 * @property {readonly string[]} c programs of rows.bpf.c
 * @property {string} floor the empty program of rows.bpf.c on the same kind of attachment as the script's plainest reading
 * @property {readonly string[]} load a command that makes events
 * @property {number} least events that it makes at least
 */

/** @type {readonly EventRow[]} */
export const eventRows = [
  {
    name: "count without key",
    script: "tracepoint:raw_syscalls:sys_enter { @ = count(); }",
    typescript: `const n = counter("n");
      btfTracepoint("sys_enter", () => n.increment());`,
    c: ["count"],
    floor: "empty_raw",
    load: dd,
    least: 2 * COPIES,
  },
  {
    name: "count by comm",
    script: "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }",
    typescript: `const n = counter("n", { labels: { comm: decode.comm } });
      btfTracepoint("sys_enter", () => n.increment());`,
    c: ["by_comm"],
    floor: "empty_raw",
    load: dd,
    least: 2 * COPIES,
  },
  {
    name: "histogram by system call",
    script: "tracepoint:raw_syscalls:sys_enter { @[args->id] = hist(args->id); }",
    typescript: `const h = histogram("h", { buckets: exp2(0, 30), labels: { id: decode.int } });
      btfTracepoint("sys_enter", ({ id }) => h.observe(id, { id }));`,
    c: ["hist_by_id"],
    floor: "empty_raw",
    load: dd,
    least: 2 * COPIES,
  },
  {
    name: "latency by thread (mean of enter and exit)",
    script:
      "tracepoint:raw_syscalls:sys_enter { @s[tid] = nsecs; } tracepoint:raw_syscalls:sys_exit /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s[tid]); }",
    typescript: `const started = hash<u32, u64>();
      const h = histogram("h", { buckets: exp2(0, 40) });
      btfTracepoint("sys_enter", () => started.set(tid(), ktime()));
      btfTracepoint("sys_exit", () => {
        const t0 = started.take(tid());
        if (t0 !== undefined) h.observe(ktime() - t0);
      });`,
    c: ["latency_enter", "latency_exit"],
    floor: "empty_raw",
    load: dd,
    least: 2 * COPIES,
  },
  {
    // Of a call that no reader makes itself: bpftrace 0.17 writes once a line, which would be an event again.
    name: "printf event (classic tracepoint in all)",
    script: 'tracepoint:syscalls:sys_enter_getppid { printf("%d %d %s\\n", pid, tid, comm); }',
    typescript: `const events = stream("events", { pid: decode.pid, tid: decode.int, comm: decode.comm });
      tracepoint("syscalls:sys_enter_getppid", () => events.emit({ tid: tid() }));`,
    c: ["event"],
    floor: "empty_getppid",
    load: bursts,
    least: 80_000,
  },
  {
    name: "stack count (classic tracepoint in all)",
    script: "tracepoint:raw_syscalls:sys_enter { @[kstack] = count(); }",
    typescript: `const n = counter("n", { labels: { stack: decode.kernelStack } });
      tracepoint("raw_syscalls:sys_enter", () => n.increment());`,
    c: ["stack"],
    floor: "empty_classic",
    load: dd,
    least: 2 * COPIES,
  },
  {
    name: "string filter on a file name (classic tracepoint in all)",
    script: 'tracepoint:syscalls:sys_enter_openat /str(args->filename) == "/dev/null"/ { @ = count(); }',
    typescript: `const n = counter("n");
      tracepoint("syscalls:sys_enter_openat", ({ filename }) => {
        if (readUserString(filename, 64) === "/dev/null") n.increment();
      });`,
    c: ["filter"],
    floor: "empty_open",
    load: opens,
    least: 60_000,
  },
  {
    name: "three chained kernel pointers, summed",
    script:
      "tracepoint:raw_syscalls:sys_enter { @ = sum(((struct task_struct *)curtask)->real_parent->group_leader->pid); }",
    typescript: `const sum = counter("sum");
      btfTracepoint("sys_enter", () => sum.add(currentTask().real_parent.group_leader.pid));`,
    c: ["chain"],
    floor: "empty_raw",
    load: dd,
    least: 2 * COPIES,
  },
];

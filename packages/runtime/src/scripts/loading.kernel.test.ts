import { loadCollection } from "@sonde/kernel";
import { openKernel } from "@sonde/kernel/sys";
import { kernelTest } from "@sonde/kernel/testing";
import { compile, testTarget } from "./run-script.ts";

/** Whatever compiles must be accepted by the verifier. One of each construct, alone and in company. */
const SCRIPTS: readonly string[] = [
  `BEGIN { printf("hello\\n"); exit(); }`,
  `END { printf("bye %d\\n", @); } BEGIN { @ = 5; }`,
  `BEGIN { return; } END { if (pid) { return; } print(1); }`,
  // Filters and conditions.
  `tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @ = count(); }`,
  `tracepoint:syscalls:sys_enter_write /comm != "a" && (comm == "longer-than-8" || pid > 5)/ { @ = count(); }`,
  `tracepoint:sched:sched_switch /args.prev_comm == "swapper/0" || args.next_comm == "node"/ { @[args.prev_comm] = count(); }`,
  `BEGIN { if (strncmp(comm, "node", 4) == 0) { print(1); } else if (comm != "x") { print(2); } else { print(3); } }`,
  `BEGIN { @ = (1 == 1 && pid > 2) || comm == "x"; @b = true; @c[true, pid == 3] = 1; printf("%d\\n", @b); }`,
  `BEGIN { @ = pid > 5 ? "big" : "small"; $y = pid ?: 3; @q = $y; @neg = -pid; @inv = ~pid; @not = !pid; }`,
  `BEGIN { if (pid > 3) { @a[comm] = 1; } else { @b[comm] = 2; } @c[comm] = 3; }`,
  // Aggregations, with and without keys.
  `tracepoint:raw_syscalls:sys_enter { @ = count(); @c[comm] = count(); @d[comm, pid, args.id] = count(); }`,
  `tracepoint:raw_syscalls:sys_enter { @s = sum(args.id); @m = min(args.id); @x = max(args.id); @a = avg(args.id); @t = stats(args.id); }`,
  `tracepoint:raw_syscalls:sys_enter { @s[pid] = sum(args.id); @m[pid] = min(args.id); @x[pid] = max(args.id); @a[pid] = avg(args.id); @t[pid] = stats(pid); }`,
  `tracepoint:raw_syscalls:sys_enter { @[args.id] = hist(args.id); @h = hist(args.id); @k = hist(args.id, 3); @kk[comm] = hist(args.id, 5); }`,
  `tracepoint:raw_syscalls:sys_enter { @ = lhist(args.id, 0, 100000, 1000); @k[comm, pid] = lhist(args.id, -100, 100, 1); }`,
  `let @l = lruhash(100); let @p = percpuhash(7); BEGIN { @l[1] = 1; @l[2] = 2; @p[1] = count(); }`,
  // Plain values.
  `BEGIN { @a = 1; @a += 2; @a -= 1; @a *= 3; @a <<= 1; @a |= 8; @a ^= 1; @a %= 7; @a /= 2; @a++; --@a; printf("%d\\n", @a); }`,
  `BEGIN { @a[1] = 1; @a[1] += 2; @a[1] *= 3; @a[1]++; $x = @a[1]--; printf("%d %d\\n", $x, ++@a[2]); }`,
  `BEGIN { @[1] = 1; if (has_key(@, 1)) { delete(@, 1); } delete(@[1]); zero(@); @y = 1; delete(@y); clear(@); }`,
  `BEGIN { @s = "hello"; @s = comm; $x = "abc"; $x = comm; if ($x == @s) { print("same"); } @k[@s] = $x; }`,
  `BEGIN { @t = (1, "abc", comm); printf("%d %s\\n", @t.0, @t.1); print(@t); print((pid, comm)); }`,
  `BEGIN { $a = (pid, comm, 3); if ($a.1 == "node") { @ = $a.2; } @k[$a] = count(); }`,
  `BEGIN { @x[1] = 5; print(@x[1]); @y = 7; print(@y); print(@x, 5, 2); print(-1); print(true); time(); }`,
  // Loops.
  `BEGIN { $i = 0; while ($i < 20) { $i++; if ($i == 3) { continue; } if ($i > 10) { break; } @sum = sum($i); } }`,
  `BEGIN { unroll(5) { @n++; } for ($i : 0..10) { @s += $i; } }`,
  // Builtins.
  `BEGIN { @e = elapsed; @n = nsecs; @m = nsecs(monotonic); @c = cgroup; @u = uid; @g = gid; @r = rand; @p = ppid; @i = tid; @z = cpu; }`,
  `tracepoint:syscalls:sys_enter_* { @[probe] = count(); }`,
  // Kernel structs.
  `BEGIN { @x = ((struct task_struct *)curtask)->pid; @y = curtask->real_parent->tgid; @z[curtask->comm] = 1; }`,
  `BEGIN { $t = (struct task_struct *)curtask; @ = $t->sched_reset_on_fork; @b = $t->in_execve; @c = $t->se.avg.load_avg; }`,
  `BEGIN { $p = (uint8 *)curtask; @ = *$p; @b = $p[3]; @c = *(uint64 *)curtask; $s = (int16)70000; @d = $s; }`,
  `BEGIN { @len = sizeof(struct task_struct); @off = offsetof(struct task_struct, pid); @z = TCP_ESTABLISHED; }`,
  `BEGIN { $i = pid % 3; @ = curtask->sched_info.pcount; @r = ((struct task_struct *)curtask)->signal->rlim[$i].rlim_cur; }`,
  // Strings from elsewhere.
  `tracepoint:syscalls:sys_enter_openat { printf("%s %s\\n", comm, str(args.filename)); }`,
  `tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); @two[str(args.filename), comm, str(args.filename)] = hist(tid); }`,
  `tracepoint:syscalls:sys_enter_write { @[str(args.buf, 8)] = count(); @b = str(args.buf, args.count); }`,
  `tracepoint:syscalls:sys_enter_execve { printf("%s %s %s\\n", str(args.filename), str(*args.argv), str(args.argv[1])); }`,
  `tracepoint:sched:sched_process_exec { $f = args.filename; if (args.filename == "/bin/sh") { @sh++; } printf("%s\\n", $f); }`,
  `tracepoint:sched:sched_process_fork { printf("%s -> %s\\n", args.parent_comm, args.child_comm); @[args.child_comm] = count(); }`,
  // Stacks and symbols.
  `BEGIN { printf("%s\\n", kstack); printf("%s %s\\n", ustack(3), kstack(perf, 7)); @[kstack(3), comm] = count(); }`,
  `BEGIN { @a[ksym(0xffffffff81000000)] = 1; printf("%s %s\\n", ksym(1234), usym(4321)); }`,
  // Other sources of events.
  `interval:s:1 { print(@); clear(@); } tracepoint:raw_syscalls:sys_enter { @[pid] = count(); }`,
  `profile:hz:99 { @[kstack] = count(); @u[ustack(perf, 5), comm] = count(); @h[comm] = hist(pid); }`,
  `software:page-faults:100 { @[comm, pid] = count(); }`,
  `rawtracepoint:sched_switch { @[comm] = count(); @a = arg0; }`,
  `tracepoint:sock:inet_sock_set_state { @[args.oldstate, args.newstate] = count(); printf("%d\\n", args.saddr[0]); }`,
  // Together, as people write them.
  `tracepoint:raw_syscalls:sys_enter { @start[tid] = nsecs; } tracepoint:raw_syscalls:sys_exit /@start[tid]/ { @ns[comm] = hist(nsecs - @start[tid]); delete(@start[tid]); }`,
  `tracepoint:syscalls:sys_enter_openat { @f[tid] = args.filename; } tracepoint:syscalls:sys_exit_openat /@f[tid]/ { printf("%-6d %-16s %4d %s\\n", pid, comm, args.ret, str(@f[tid])); delete(@f[tid]); }`,
  `tracepoint:sched:sched_wakeup { @q[args.pid] = nsecs; } tracepoint:sched:sched_switch { if (args.prev_state == 0) { @q[args.prev_pid] = nsecs; } $ns = @q[args.next_pid]; if ($ns) { @usecs = hist((nsecs - $ns) / 1000); } delete(@q[args.next_pid]); }`,
];

for (const script of SCRIPTS) {
  kernelTest(`loads: ${script}`, () => {
    loadCollection(openKernel(), compile(script), { vmlinux: () => testTarget().btf }).close();
  });
}

/** Function probes load on any kernel; only attaching them needs more. */
const FUNCTIONS: readonly string[] = [
  `kprobe:vfs_read { @[str(((struct file *)arg0)->f_path.dentry->d_name.name)] = count(); @b = arg2; @r = reg("sp"); @k[kstack] = count(); }`,
  `kprobe:vfs_read { @ = count(); @i = args.file->f_inode->i_ino; @n = args.count; } kretprobe:vfs_read { @h = hist(retval); }`,
  `kprobe:tcp_connect { $sk = (struct sock *)arg0; @[$sk->__sk_common.skc_daddr, $sk->__sk_common.skc_dport, $sk->sk_protocol] = count(); }`,
];

for (const script of FUNCTIONS) {
  kernelTest(`loads: ${script}`, { needs: ["kprobe"] }, () => {
    loadCollection(openKernel(), compile(script), { vmlinux: () => testTarget().btf }).close();
  });
}

kernelTest("typed arguments are loaded directly", { needs: ["fentry"] }, () => {
  const script = `fentry:vfs_read { @[args.file->f_path.dentry->d_name.len] = sum(args.count); @d = args.file->f_inode->i_sb->s_dev; } fexit:vfs_read { @r = hist(retval); }`;
  loadCollection(openKernel(), compile(script), { vmlinux: () => testTarget().btf }).close();
});

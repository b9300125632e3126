import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { cpus, userInfo } from "node:os";
import { kernelTest } from "@sonde/kernel/testing";
import { runScript } from "./run-script.ts";

interface Row {
  readonly name: string;
  /** The body of BEGIN. */
  readonly script: string;
  readonly want: string | RegExp;
}

const [uptime = 0] = readFileSync("/proc/uptime", "latin1").split(" ").map(Number);
const boot = Date.now() / 1000 - uptime;

/** What is known of the moment and of this process, by other means than ours. */
const ROWS: readonly Row[] = [
  {
    name: "strlen, strcap",
    script: `$s = "hello"; $t = comm; printf("%d %d %d %d", strlen("abc"), strlen($s), strlen($t) > 0, strcap($s));`,
    want: "3 5 1 6",
  },
  {
    name: "strcontains, strstr",
    script: `$s = "the quick brown fox jumps"; printf("%d %d %d %d %d %d", strcontains($s, "brown"), strcontains($s, "brawn"),
      strstr($s, "the"), strstr($s, "jumps"), strstr($s, "quick brown fox"), strstr($s, "quick brown fix"));`,
    want: "1 0 0 20 4 -1",
  },
  {
    name: "a needle of another string",
    script: `$s = "aababc"; $n = "abc"; $m = "abd"; $e = ""; printf("%d %d %d", strstr($s, $n), strstr($s, $m), strstr($s, $e));`,
    want: "3 -1 0",
  },
  {
    name: "a script's own text may be coloured, others' may not",
    script: `$s = "\\033[1mbold"; print("\\033[31mred\\033[0m"); printf("\\033[32m%s", $s);`,
    want: "\x1b[31mred\x1b[0m\n\x1b[32m\\x1b[1mbold",
  },
  {
    name: "str_concat",
    script: `$a = "abc"; $b = "defg"; $c = str_concat($a, $b); @k[$c] = 1; printf("%s %d %d %s", $c, $c == "abcdefg", @k["abcdefg"], str_concat("", $a));`,
    want: "abcdefg 1 1 abc",
  },
  {
    name: "strncmp of two strings of any length",
    script: `$a = "abcdef"; $b = "abcxyz"; printf("%d %d", strncmp($a, $b, 3), strncmp($a, $b, 5) != 0);`,
    want: "0 1",
  },
  {
    name: "memcmp",
    script: `$a = "abcdefghijk"; $b = "abcdefghiqk"; printf("%d %d %d", memcmp($a, $b, 9), memcmp($a, $b, 10), memcmp($b, $a, 11));`,
    want: "0 -1 1",
  },
  {
    name: "bswap",
    script: `printf("%x %x", bswap((uint32)0x11223344), bswap((uint16)0x1122));`,
    want: "44332211 2211",
  },
  {
    name: "buf of an address and of an array",
    script: `printf("%r %rx %rh", buf(curtask->comm, 3), buf(curtask->comm, 2), buf(pton("1.2.3.255")));`,
    want: /^(.*) (\\x..){2} 01 02 03 ff$/,
  },
  {
    name: "addresses",
    script: `printf("%s %s %s", ntop(0x0100007f), ntop(pton("192.0.2.1")), ntop(pton("2001:db8::1")));`,
    want: "127.0.0.1 192.0.2.1 2001:db8::1",
  },
  {
    name: "addresses as keys and by family",
    script: `@a[ntop(2, 0x0100007f)] = 5; printf("%d %s", @a[ntop(0x0100007f)], ntop(10, pton("::1")));`,
    want: "5 ::1",
  },
  { name: "macaddr", script: `printf("%s", macaddr(pton("102:304:506:708::")));`, want: "01:02:03:04:05:06" },
  {
    name: "strerror",
    script: `printf("%s|%s", strerror(2), strerror(-13));`,
    want: "No such file or directory|Permission denied",
  },
  {
    name: "signal_name, syscall_name",
    script: `printf("%s %s", signal_name(9), syscall_name(1));`,
    want: process.arch === "x64" ? "SIGKILL write" : "SIGKILL io_destroy",
  },
  {
    name: "username, uid, gid",
    script: `printf("%s %d %d", username, uid, gid);`,
    want: `${userInfo().username} ${userInfo().uid} ${userInfo().gid}`,
  },
  {
    name: "pid, ppid, their names and their leader",
    script: `printf("%d %d %d %s %s", pid(), ppid, leader_tid == pid, leader_comm, pcomm);`,
    want: `${process.pid} ${process.ppid} 1 ${readFileSync("/proc/self/comm", "utf8").trim()} ${readFileSync(`/proc/${process.ppid}/comm`, "utf8").trim()}`,
  },
  {
    name: "of other tasks, and of processes by number",
    script: `printf("%d %s %s %d", ppid(curtask->group_leader), pcomm(curtask), comm(${process.ppid}), pid(init));`,
    want: `${process.ppid} ${readFileSync(`/proc/${process.ppid}/comm`, "utf8").trim()} ${readFileSync(`/proc/${process.ppid}/comm`, "utf8").trim()} ${process.pid}`,
  },
  { name: "ncpus, has_cpid", script: `printf("%d %d %d", ncpus, has_cpid, cpid);`, want: `${cpus().length} 0 0` },
  {
    name: "strftime of a time since boot",
    script: `printf("%s", strftime("%s", nsecs));`,
    want: /^\d+$/,
  },
  {
    name: "kinds of values",
    script: `$s = "a"; $p = curtask; printf("%d%d%d%d%d%d", is_str($s), is_integer(1), is_ptr($p), is_unsigned_integer((uint8)1), is_literal(5), is_literal($s));
      static_assert(is_str($s), "a string"); assert(pid > 0, "never");`,
    want: "111110",
  },
  {
    name: "kaddr, ksym, kptr",
    script: `printf("%p %s %r", kaddr("vfs_read"), ksym(kaddr("vfs_read")), buf(kptr(kaddr("vfs_read")), 1));`,
    want: new RegExp(`^0x${symbol("vfs_read")} vfs_read .`),
  },
  {
    name: "cgroupid",
    script: `printf("%d", cgroupid("/sys/fs/cgroup"));`,
    want: String(statSync("/sys/fs/cgroup", { bigint: true }).ino),
  },
  {
    name: "kfunc_exist",
    script: `printf("%d %d", kfunc_exist("bpf_task_acquire") , kfunc_exist("no_such_function"));`,
    want: /^[01] 0$/,
  },
  {
    name: "find",
    script: `@f[1] = 5; @g["a"] = "text"; $v = 7; $a = find(@f, 1, $v); $b = find(@f, 2, $v); $w = ""; $c = find(@g, "a", $w); printf("%d %d %d %d %s", $a, $b, $v, $c, $w);`,
    want: "1 0 5 1 text",
  },
  {
    name: "getopt and config",
    script: `printf("%d %s %d %d %d", getopt("n", 5), getopt("s", "x"), getopt("b"), getopt("no", false), config("max_strlen"));`,
    want: "5 x 0 0 1024",
  },
  {
    name: "entries of a map",
    script: `$i = 0; while ($i < 7) { @e[$i] = count(); @f[$i, "x"] = $i; $i++; } delete(@f, (3, "x")); printf("%d %d", len(@e), len(@f));`,
    want: "7 6",
  },
  {
    name: "a search of the longest strings",
    script: `$s = str(kaddr("vfs_read")); $n = str(kaddr("vfs_read"), 60); $h = str(kaddr("vfs_write"), 120);
      printf("%d %d", strcontains($s, "nothing of that kind"), strstr($h, $n) < 120);`,
    want: "0 1",
  },
  { name: "depth of a stack", script: `printf("%d", len(kstack) > 0 && len(kstack(3)) <= 3);`, want: "1" },
  { name: "flags of allocations", script: `printf("%gr %gr", 0xcc0, 0);`, want: "GFP_KERNEL none" },
  {
    name: "aggregations printed by key",
    script: `@a["x"] = count(); @a["x"] = count(); @a["y"] = count(); print(@a["x"]); print(@a["y"]); clear(@a);`,
    want: "2\n1",
  },
];

function symbol(name: string): string {
  const line = readFileSync("/proc/kallsyms", "latin1")
    .split("\n")
    .find((each) => each.endsWith(` ${name}`));
  return (line ?? "").split(" ")[0]!.replace(/^0+/, "");
}

for (const { name, script, want } of ROWS) {
  kernelTest(name, async () => {
    const { output } = await runScript(`config = { print_maps_on_exit = 0 } BEGIN { ${script} exit(); }`);
    if (typeof want === "string") assert.equal(output.trimEnd(), want);
    else assert.match(output.trimEnd(), want);
  });
}

kernelTest("a time since boot is the wall clock's", async () => {
  const { output } = await runScript(`BEGIN { printf("%s %d", strftime("%s.%f", nsecs), nsecs / 1000); exit(); }`);
  const [shown = 0, micros = 0] = output.trim().split(" ").map(Number);
  assert.ok(Math.abs(shown - micros / 1e6 - boot) < 0.1, `${shown} - ${micros / 1e6} is not ${boot}`);
});

kernelTest("cat prints a file, system a command's output, each in its turn", async () => {
  const { output } = await runScript(
    `BEGIN { printf("a\\n"); cat("/proc/%s/%s", "sys/kernel", "ostype"); system("echo b | tr b c; echo %s", "$(id); x"); printf("d\\n"); exit(); }`,
    undefined,
    { unsafe: true },
  );
  assert.equal(output.trim(), "a\nLinux\nc\n$(id); x\nd");
});

kernelTest("errorf, warnf and assertions say where they stand", async () => {
  const { diagnostics, outcome } = await runScript(
    `BEGIN { errorf("bad: %d, %s", 10, "x"); warnf("odd"); assert(pid == 0, "not the idle task"); printf("never"); }`,
  );
  assert.match(
    diagnostics,
    /^-e:1:9-39: ERROR: bad: 10, x\n-e:1:41-53: WARNING: odd\n-e:1:\d+-\d+: ERROR: assert failed: not the idle task\n/m,
  );
  assert.equal(outcome.exitCode, 1);
});

kernelTest("join prints what a program is started with", async () => {
  const { output } = await runScript(
    `tracepoint:syscalls:sys_enter_execve /pid == cpid/ { join(args.argv); join(args.argv, ","); }`,
    "/bin/echo one 'two three' four",
  );
  assert.equal(output.trim(), "/bin/echo one two three four\n/bin/echo,one,two three,four");
});

kernelTest("signal ends the process that it is sent to", async () => {
  const { outcome } = await runScript(
    `tracepoint:syscalls:sys_enter_nanosleep, tracepoint:syscalls:sys_enter_clock_nanosleep /pid == cpid/ { signal("SIGUSR1"); }`,
    "sleep 30",
    { unsafe: true },
  );
  assert.equal(outcome.child?.signal, "SIGUSR1");
});

/** Most kernels list their variables too; where one does not, that is said. */
kernelTest("variables of the kernel, also those of each CPU", async () => {
  if (symbol("linux_banner") === "") {
    await assert.rejects(
      runScript(`BEGIN { printf("%p", kaddr("linux_banner")); }`),
      /the kernel has no symbol linux_banner/,
    );
    return;
  }
  const { output } = await runScript(
    `BEGIN { $queue = (struct rq *)percpu_kaddr("runqueues"); $none = percpu_kaddr("runqueues", 1000000);
       printf("%s|%d %d", str(kaddr("linux_banner"), 15), $queue->cpu == cpu, $none == 0); exit(); }`,
  );
  assert.equal(output.trim(), `${readFileSync("/proc/version", "utf8").slice(0, 14)}|1 1`);
});

kernelTest("options of the script", async () => {
  const { output } = await runScript(
    `BEGIN { printf("%d %s %d", getopt("n", 5, "a number"), getopt("s", "x"), getopt("b")); exit(); }`,
    undefined,
    { named: { n: "-9", s: "given", b: "true" } },
  );
  assert.equal(output.trim(), "-9 given 1");
});

kernelTest("helpers that fail are told where that is asked for", async () => {
  const script = `BEGIN { $x = *kptr(kaddr("vfs_read")); $y = *uptr(8); exit(); }`;
  const { diagnostics } = await runScript(script, undefined, { helperErrors: true });
  assert.match(diagnostics, /^-e:1:\d+-\d+: WARNING: Failed to probe_read_user: Bad address \(-14\)$/m);
  assert.doesNotMatch(diagnostics, /probe_read_kernel/);
  assert.doesNotMatch((await runScript(script)).diagnostics, /WARNING/);
});

kernelTest("every kind of helper that fails is told, at its place; what is no failure is not", async () => {
  const script = `config = { max_map_keys = 2; print_maps_on_exit = false } BEGIN { @m[1] = 1; @m[1] = 2; @c[1] = count();
delete(@m, 7); if (delete(@m, 8)) { } @m[2] = 1;
@m[3] = 1;
$s = str(uptr(8)); $b = buf(kptr(16), 8); exit(); }`;
  const { diagnostics } = await runScript(script, undefined, { helperErrors: true });
  const told = [...diagnostics.matchAll(/^-e:(\d+):\d+-\d+: WARNING: Failed to (\w+): .* \((-\d+)\)$/gm)];
  assert.deepEqual(
    told.map(([, line, helper, code]) => `${line} ${helper} ${code}`),
    ["2 map_delete_elem -2", "3 map_update_elem -7", "4 probe_read_user_str -14", "4 probe_read_kernel -34"],
  );
});

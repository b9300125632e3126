import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { kernelTest } from "@sonde/kernel/testing";
import { startSession } from "../session/start.ts";
import { compile, runScript, testTarget } from "./run-script.ts";

kernelTest("iter: as a file that runs it whenever it is read", async () => {
  const path = `/sys/fs/bpf/sonde-test-${process.pid}`;
  const script = (pin: string, body: string): string =>
    `iter:task:${pin} { if (ctx->task->pid == ${process.pid}) { ${body} } }`;
  const body = `@runs++; printf("%d %-8s|%3d|%x %s\\n", ctx->task->tgid, ctx->task->comm, -2, 1 << 40, "end");`;
  try {
    const { output } = await runScript(script(path, body));
    assert.equal(output.split("\n")[0], `Program pinned to ${path}`);
    const comm = readFileSync("/proc/self/comm", "utf8").trim();
    for (const _ of [1, 2])
      assert.equal(readFileSync(path, "utf8"), `${process.pid} ${comm.padEnd(8)}| -2|10000000000 end\n`);
    await assert.rejects(runScript(script(path.slice("/sys/fs/bpf/".length), body)), /exist/);
  } finally {
    rmSync(path, { force: true });
  }
  await assert.rejects(runScript(script(path, "print(1);")), /prints by printf\(\) only/);
  await assert.rejects(runScript(script(path, 'printf("%s", kstack);')), /no text for a value of type kstack/);
});

kernelTest("missing_probes: what the kernel does not attach is left out, if the script says so", async () => {
  const script = (choice: string): string =>
    `config = { missing_probes = ${choice} } rawtracepoint:sched_switch { @gone = count(); } interval:ms:50 { printf("on\\n"); exit(); }`;
  /** As on a kernel that knows the tracepoint's type and does not have it. */
  const change = (spec: ObjectSpec): ObjectSpec => ({
    ...spec,
    programs: spec.programs.map((program) => ({
      ...program,
      attach: program.attach.map((target) => (target.kind === "rawTracepoint" ? { ...target, name: "gone" } : target)),
    })),
  });
  await assert.rejects(runScript(script("error"), undefined, { change }), /gone/);
  const warned = await runScript(script("warn"), undefined, { change });
  assert.equal(warned.output.trim(), "on");
  assert.match(warned.diagnostics, /Attached 1 probe\b/);
  assert.match(warned.diagnostics, /gone.*left out/);
  const silent = await runScript(script("ignore"), undefined, { change });
  assert.doesNotMatch(silent.diagnostics, /gone/);
});

kernelTest("write_user: what a program writes is another than it meant to, or the kernel forbids it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sonde-write-user-"));
  const file = join(folder, "written");
  const script = `tracepoint:syscalls:sys_enter_write /comm == "dd" && args.count == 16/ {
    $at = (uint8 *)args.buf; write_user((uint16 *)$at, 0x4241); write_user((uint32 *)($at + 2), 0x46454443); write_user($at + 8, "text"); }`;
  try {
    await runScript(script, `dd if=/dev/zero of=${file} bs=16 count=1 status=none`, { unsafe: true });
    assert.equal(readFileSync(file, "latin1"), "ABCDEF\0\0text\0\0\0\0");
  } catch (error) {
    assert.match(String(error), /(cannot use helper|unknown func) bpf_probe_write_user/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

kernelTest(
  "fentry:bpf: functions of programs that run, by name and by id",
  { needs: ["fentry", "fexit"] },
  async () => {
    const probed = compile(`tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @calls = count(); }`);
    const silent = {
      backlog: 0,
      closed: false,
      write: () => undefined,
      send: () => undefined,
      flush: () => Promise.resolve(),
    };
    const session = await startSession(probed, {
      vmlinux: () => testTarget().btf,
      output: silent,
      diagnose: () => undefined,
    });
    try {
      const [name = ""] = probed.programs.map((program) => program.name);
      const [found = ""] = testTarget().probes("fentry", `bpf:${name}`);
      assert.match(found, new RegExp(`^bpf:\\d+:${name}$`));
      const { output } = await runScript(
        `fentry:bpf:${name} /comm == "dd"/ { @entered = count(); @context = arg0 != 0; } fexit:${found} /comm == "dd"/ { @left = count(); @answer[retval] = count(); @name[probe] = count(); }`,
        "dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none",
      );
      const [reading] = session.readMaps().flatMap(({ rows }) => rows.map(({ value }) => value));
      assert.deepEqual(reading, { kind: "count", value: 1000 });
      assert.match(output, /^@answer\[0\]: 1000$/m);
      assert.match(output, /^@context: true$/m);
      assert.match(output, /^@entered: 1000$/m);
      assert.match(output, /^@left: 1000$/m);
      assert.ok(output.includes(`@name[fexit:${found}]: 1000`), output);
      await assert.rejects(
        runScript("fentry:bpf:no_such_program { }"),
        /no function of a BPF program matches bpf:no_such_program/,
      );
    } finally {
      await session.stop();
    }
  },
);

kernelTest("iter: every process, its files and its memory", async () => {
  const { output } = await runScript(
    `iter:task { printf("%d %d %s\\n", ctx->task->tgid, ctx->task->pid, ctx->task->comm); }`,
  );
  const seen = new Set(
    output
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]),
  );
  for (const pid of [process.pid, process.ppid]) assert.ok(seen.has(String(pid)), `${pid} is missing`);

  const files = await runScript(
    `iter:task_file { if (ctx->task->tgid == ${process.pid}) { printf("%d %s\\n", ctx->fd, path(ctx->file->f_path)); } }`,
  );
  const open = new Map(
    files.output
      .trim()
      .split("\n")
      .map((line) => line.split(" ", 2) as [string, string]),
  );
  for (const fd of ["0", "1", "2"]) assert.ok(open.has(fd), files.output);

  const memory = await runScript(
    `iter:task_vma { if (ctx->task->pid == ${process.pid}) { printf("%lx-%lx\\n", ctx->vma->vm_start, ctx->vma->vm_end); } }`,
  );
  const maps = readFileSync("/proc/self/maps", "utf8");
  const ranges = memory.output.trim().split("\n");
  const known = ranges.filter((range) => maps.includes(range.split("-")[0]!));
  assert.ok(known.length > ranges.length / 2 && ranges.length > 10, `${known.length} of ${ranges.length}`);
});

kernelTest("software events, intervals and profiles in every unit", async () => {
  const { output } = await runScript(
    `software:page-faults:1 /pid == cpid/ { @faults = count(); } software:cs:1 { @switches = count(); } s:dummy:1 { @dummy = count(); } software:cpu-clock:1e6 { @clock = count(); }
     interval:us:10000 { @us = count(); } interval:10ms { @ms = count(); } i:hz:100 { @hz = count(); } interval:10000000 { @ns = count(); } profile:ms:10 { @p = count(); } p:hz:99 { @q = count(); }
     interval:s:1 { exit(); } END { printf("elapsed: %d\\n", elapsed); }`,
    "sleep 5",
  );
  const value = (name: string): number => Number(new RegExp(`^@${name}: (\\d+)$`, "m").exec(output)?.[1] ?? 0);
  for (const name of ["faults", "switches", "clock", "us", "ms", "hz", "ns", "p", "q"])
    assert.ok(value(name) > 0, `${name}: ${output}`);
  // However long a slow machine took to detach them: no more turns than there was time for.
  const turns = Number(/^elapsed: (\d+)$/m.exec(output)?.[1]) / 10e6;
  for (const name of ["us", "ms", "hz", "ns"]) assert.ok(value(name) <= turns + 1, output);
  assert.equal(value("dummy"), 0);
});

kernelTest("hardware events count, or are refused with what the machine lacks", async () => {
  try {
    const { output } = await runScript(`hardware:instructions:1e6 { @ = count(); } interval:s:1 { exit(); }`);
    assert.match(output, /@: \d+/);
  } catch (error) {
    assert.match(String(error), /offers no such counter|does not support hardware counters/);
  }
});

kernelTest("self:signal:SIGUSR1 runs when the session's process gets the signal", async () => {
  const ended = runScript(`self:signal:SIGUSR1 { printf("got it\\n"); exit(); } BEGIN { printf("ready\\n"); }`);
  const sender = spawn("sh", ["-c", `sleep 1; kill -USR1 ${process.pid}`]);
  const { output } = await ended;
  sender.kill();
  assert.equal(output.trim(), "ready\ngot it");
});

kernelTest("raw tracepoints: arguments by number and by name, with and without a module", async () => {
  const { output } = await runScript(
    `rawtracepoint:sched_process_exec { if (args.p->tgid == cpid) { @named = count(); @same = sum(arg0 == (uint64)args.p); } }
     rt:vmlinux:sched_process_exec /pid == cpid/ { @module = count(); }`,
    "/bin/true",
  );
  assert.equal(output.trim(), "@module: 1\n@named: 1\n@same: 1");
});

kernelTest("many kernel functions by one wildcard", { needs: ["kprobe", "kretprobe"] }, async () => {
  const { output } = await runScript(
    `kprobe:vfs_*,kprobe:vfs_read /comm == "dd"/ { @all = count(); } kprobe:vfs_* /comm == "dd"/ { @[func] = count(); } kretprobe:vfs_rea* /comm == "dd"/ { @ret = count(); }`,
    "dd if=/dev/zero of=/dev/null bs=1 count=500 status=none",
  );
  const value = (name: string): number => Number(new RegExp(`^@${name}: (\\d+)$`, "m").exec(output)?.[1] ?? 0);
  assert.ok(value("\\[vfs_read\\]") >= 500, output);
  assert.ok(value("all") >= 1500 && value("ret") >= 500, output);
});

kernelTest("a kernel address, where that is allowed", { needs: ["kprobe"] }, async () => {
  const address = /^(\w+) T vfs_read$/m.exec(readFileSync("/proc/kallsyms", "latin1"))?.[1] ?? "";
  await assert.rejects(runScript(`kprobe:0x${address} { exit(); }`), /--unsafe/);
  const { output } = await runScript(
    `kprobe:0x${address} /comm == "dd"/ { @ = count(); }`,
    "dd if=/dev/zero of=/dev/null bs=1 count=500 status=none",
    { unsafe: true },
  );
  assert.ok(Number(/@: (\d+)/.exec(output)?.[1]) >= 500, output);
});

kernelTest("override lets a function fail, or the kernel was built without it", { needs: ["kprobe"] }, async () => {
  try {
    const { outcome } = await runScript(
      `kprobe:__x64_sys_kill /comm == "sh"/ { override(-1); }`,
      `sh -c 'kill -0 $$ && exit 1; exit 0'`,
      { unsafe: true },
    );
    assert.equal(outcome.child?.code, 0);
  } catch (error) {
    // Debian's kernels are built without CONFIG_BPF_KPROBE_OVERRIDE; each verifier words that its own way.
    assert.match(String(error), /bpf_override_return[^]*-e:1:40/);
  }
});

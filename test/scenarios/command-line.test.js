// The command line of `sonde trace` as bpftrace's users know it.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { childEnvironment, root } from "../../tools/lib/environment.js";

const folder = mkdtempSync(path.join(tmpdir(), "sonde-command-line-"));
after(() => rmSync(folder, { recursive: true }));

/** @param {readonly string[]} words */
function trace(...words) {
  return traceWith({}, ...words);
}

/** @param {Record<string, string>} environment @param {readonly string[]} words */
function traceWith(environment, ...words) {
  const { status, stdout, stderr } = spawnSync(path.join(root, "bin/sonde"), ["trace", ...words], {
    encoding: "utf8",
    env: { ...childEnvironment(), ...environment },
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

test("parameters by place and by name", () => {
  const script = path.join(folder, "options.bt");
  writeFileSync(
    script,
    'BEGIN { printf("%s %d %d %d %s\\n", str($1), $2, $#, getopt("n", 5), getopt("who", "nobody")); exit(); }',
  );
  assert.equal(trace("-q", script, "a", "7", "--n=-3", "--who=me").stdout.trim(), "a 7 2 -3 me");
  assert.equal(trace("-q", "-e", readFileSync(script, "utf8"), "--", "--who=you", "b").stdout.trim(), "b 0 1 5 you");
});

test("settings in the environment win; those that mean nothing are explained", () => {
  const script = `config = { max_map_keys = 5; log_size = 1 } BEGIN { @[1] = 1; @[2] = 2; exit(); }`;
  const { stdout, stderr } = traceWith({ BPFTRACE_MAX_MAP_KEYS: "1", BPFTRACE_VMLINUX: "/x" }, "-e", script);
  assert.equal(stdout.match(/@/g)?.length, 1);
  assert.match(stderr, /log_size has no effect here[^]+help: the verifier's log/);
  const refused = traceWith({ BPFTRACE_MAX_MAP_KEYS: "many", BPFTRACE_COLOR: "always" }, "-e", script);
  assert.ok(refused.stderr.includes("\x1b["));
  assert.match(refused.stderr, /max_map_keys can't be many/);
});

test("a text that was cut shows it, and cat() stops where it is told", () => {
  const file = path.join(folder, "a-name-that-is-long");
  writeFileSync(file, "content");
  const script = `tracepoint:syscalls:sys_enter_openat /pid == cpid && strcontains(str(args.filename), "sonde-")/
    { printf("%s|%s\\n", str(args.filename), str(args.filename, 5)); @[str(args.filename)] = 1; cat("${file}"); }`;
  const options = ["-q", "-c", `cat ${file}`, "-e"];
  const cut = file.slice(0, 15);
  const settings = { BPFTRACE_MAX_STRLEN: "16", BPFTRACE_MAX_CAT_BYTES: "4" };
  const shown = traceWith(settings, ...options, script);
  assert.equal(shown.stderr, "content");
  assert.equal(shown.stdout, `${cut}..|${file.slice(0, 4)}\ncont\n@[${cut}..]: 1\n`);
  const silent = `config = { str_trunc_trailer = "" } ${script}`;
  assert.match(traceWith(settings, ...options, silent).stdout, new RegExp(`^${cut}\\|`));
});

test("in a pid namespace of its own: pid, tid, cpid and -p are of that namespace", () => {
  const script = path.join(folder, "namespace.sh");
  writeFileSync(
    script,
    `dd if=/dev/zero of=/dev/null bs=1 & watched=$!
    sonde=${path.join(root, "bin/sonde")}
    $sonde trace -q -c 'sh -c "exit 0"' -e 'tracepoint:sched:sched_process_exec /pid == cpid/ {
      printf("%d %d %d %d\\n", tid == cpid, pid < 100, pid(init) > pid, tid(init) == pid(init)); }'
    $sonde trace -q -p $watched -e 'tracepoint:syscalls:sys_enter_read { @[comm, pid] = count(); } interval:ms:100 { exit(); }'
    echo "watched $watched"
    kill $watched`,
  );
  const words = ["--pid", "--fork", "--mount-proc", "sh", script];
  const { stdout, stderr } = spawnSync("unshare", words, {
    encoding: "utf8",
    env: childEnvironment(),
    timeout: 60_000,
  });
  const watched = /watched (\d+)/.exec(stdout)?.[1];
  assert.match(stdout, /^1 1 1 1$/m, stderr);
  assert.match(stdout, new RegExp(`^@\\[dd, ${watched}\\]: [1-9]`, "m"), stderr);
  assert.equal(stdout.match(/@\[/g)?.length, 1);
});

test("-c: cpid, and the command's end is the script's", () => {
  const { stdout, status } = trace(
    "-q",
    "-c",
    "/bin/sh -c 'exit 3'",
    "--pass-status",
    "-e",
    'tracepoint:sched:sched_process_exec /pid == cpid/ { printf("%d\\n", has_cpid); }',
  );
  assert.equal(stdout.trim(), "1");
  assert.equal(status, 3);
});

test("unsafe functions are refused, and allowed", () => {
  assert.match(trace("-e", 'BEGIN { system("echo hi"); exit(); }').stderr, /unsafe function being used in safe mode/);
  assert.equal(trace("--unsafe", "-q", "-e", 'BEGIN { system("echo hi"); exit(); }').stdout, "hi\n\n");
});

test("JSON of every kind of event, a line each", () => {
  const { stdout } = trace(
    "--unsafe",
    "-k",
    "-f",
    "json",
    "-e",
    `BEGIN { printf("a %d", 1); print(5); print((1, "x", true)); time("%Y"); cat("/proc/sys/kernel/ostype"); system("echo s"); errorf("e %d", 2); warnf("w");
       $x = *uptr(8); @m["k"] = 1; @c = count(); @h = hist(5); @l = lhist(5, 0, 10, 5); @s = stats(4); @a = avg(4); @n = (1, strerror(2), ntop(0x0100007f)); exit(); }`,
  );
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const year = String(new Date().getFullYear());
  assert.deepEqual(
    lines.map(({ type }) => type),
    [
      "attached_probes",
      "printf",
      "value",
      "value",
      "time",
      "cat",
      "syscall",
      "errorf",
      "warnf",
      "helper_error",
      "stats",
      "map",
      "hist",
      "hist",
      "map",
      "map",
      "stats",
    ],
  );
  const of = (/** @type {string} */ type) => lines.filter((line) => line.type === type);
  assert.equal(of("attached_probes")[0].data.probes, 1);
  assert.equal(of("printf")[0].data, "a 1");
  assert.deepEqual(
    of("value").map(({ data }) => data),
    [5, [1, "x", true]],
  );
  assert.equal(of("time")[0].data, year);
  assert.equal(of("cat")[0].data, "Linux\n");
  assert.equal(of("syscall")[0].data, "s\n");
  assert.deepEqual(of("errorf")[0], { type: "errorf", msg: "e 2", filename: "-e", line: 1, col: 123 });
  const { retcode, helper, msg } = of("helper_error")[0];
  assert.deepEqual({ retcode, helper, msg }, { retcode: -14, helper: "probe_read_user", msg: "Bad address" });
  assert.deepEqual(
    of("map").map(({ data }) => data),
    [{ "@c": 1 }, { "@m": { k: 1 } }, { "@n": [1, "No such file or directory", "127.0.0.1"] }],
  );
  assert.deepEqual(
    of("hist").map(({ data }) => data),
    [{ "@h": [{ min: 4, max: 7, count: 1 }] }, { "@l": [{ min: 5, max: 9, count: 1 }] }],
  );
  assert.deepEqual(
    of("stats").map(({ data }) => data),
    [{ "@a": 4 }, { "@s": { count: 1, average: 4, total: 4 } }],
  );
});

test("--test runs tests and says which failed; --bench measures", () => {
  const script = path.join(folder, "tests.bt");
  writeFileSync(
    script,
    'test:good { assert(1 == 1, "never"); } test:bad { return 1; } test:worse { errorf("oh"); } bench:sum { @s = sum(1); } bench:hist { @h = hist(rand); } interval:s:1 { exit(); }',
  );
  const tests = trace("--test", script);
  assert.match(tests.stdout, /^PASS good\nFAIL bad\nFAIL worse\n/m);
  assert.equal(tests.status, 1);
  assert.equal(trace("--mode", "test", "--probe-filter", "^go", script).status, 0);
  assert.match(
    trace("--bench", script).stdout,
    /\| BENCHMARK \| NANOSECONDS \|\n.*\n\| sum +\| \d+ +\|\n\| hist +\| \d+ +\|/,
  );
  const json = trace("--bench", "-f", "json", "--probe-filter", "sum", script)
    .stdout.split("\n")
    .find((line) => line.includes("benchmark"));
  assert.ok(JSON.parse(json ?? "{}").data.sum > 0);
});

test("--fmt, -d, --emit-elf, -l, --info, -V and what only LLVM cares about", () => {
  assert.equal(trace("--fmt", "-e", "BEGIN{exit()}").stdout, "BEGIN {\n  exit()\n}\n");
  assert.equal(trace("--fmt", "-e", "BEGIN{").status, 1);
  const source = 'BEGIN { printf("%d", pid); exit(); }';
  for (const [stage, shows] of Object.entries({
    ast: /"kind": "probe"/,
    ir: /main BEGIN\(\)/,
    asm: /call bpf_ringbuf_reserve/,
    object: /BEGIN/,
    verifier: /processed \d+ insns/,
    codegen: /main BEGIN/,
    all: /# ast[^]*# ir[^]*# asm[^]*# object[^]*# verifier/,
  }))
    assert.match(trace("-d", stage, "-e", source).stdout, shows, stage);
  const elf = path.join(folder, "script.o");
  assert.equal(trace("--emit-elf", elf, "-e", source).status, 0);
  assert.match(execFileSync("readelf", ["-S", elf], { encoding: "utf8" }), /\.BTF/);
  assert.match(trace("-l", "tracepoint:sched:sched_sw*").stdout, /^tracepoint:sched:sched_switch$/m);
  assert.match(trace("-lv", "tracepoint:sched:sched_switch").stdout, /prev_pid/);
  assert.match(trace("--info").stdout, /^ {2}btf: yes$/m);
  assert.match(trace("-V").stdout, /^sonde \d/);
  assert.equal(
    trace("-q", "--verify-llvm-ir", "--no-feature", "--include", "x.h", "-I", "/usr/include", "-e", "BEGIN { exit(); }")
      .status,
    0,
  );
});

test("--no-warnings, and a dry run attaches and ends", () => {
  const script = 'BEGIN { warnf("odd"); exit(); }';
  assert.match(trace("-e", script).stderr, /WARNING: odd/);
  assert.doesNotMatch(trace("--no-warnings", "-e", script).stderr, /odd/);
  assert.equal(trace("--dry-run", "-e", 'BEGIN { printf("never"); }').stdout, "");
});

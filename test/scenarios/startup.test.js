// What a start may use. How long it takes is measured by `npm run bench`; here is what makes it long,
// and that needs no clock: modules of Node.js, files, and code that came along.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { childEnvironment, root } from "../../tools/lib/environment.js";

const bundles = path.join(root, "packages/cli/dist/bin");
const end = "interval:ms:1 { exit(); }";
const scripts = {
  BEGIN: "BEGIN { exit(); }",
  "a count by comm": `tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } ${end}`,
  "a histogram by argument": `tracepoint:raw_syscalls:sys_enter { @[args.id] = hist(args.id); } ${end}`,
  "strings of user space": `tracepoint:syscalls:sys_enter_openat { printf("%s\\n", str(args.filename)); } ${end}`,
};

/** Neither the kernel's symbols nor, save for those that read kernel objects, its types and our own caches of them. */
const FILES = [
  /\/packages\/cli\/dist\/bin\//,
  /^\/sys\/kernel\/(debug\/)?tracing\//,
  /^\/sys\/devices\/system\/cpu\//,
  /^\/proc\/self\/comm$/,
  /^\/proc\/mounts$/,
  /^\/proc\/sys\/kernel\/osrelease$/,
];

/** A task's name is read from the task itself. */
const TYPES = [
  /^\/sys\/kernel\/btf\/vmlinux$/,
  /^\/proc\/sys\/kernel\/version$/,
  /^\/proc\/self\/status$/,
  /\/sonde\/(btf-index|features)-[^/]*$/,
];

for (const [name, script] of Object.entries(scripts)) {
  test(`${name}: nothing of Node.js is loaded, no file is read but what it needs`, () => {
    const { modules, files, caches } = watchStart(["trace", "-q", "-e", script]);
    assert.deepEqual(modules, []);
    assert.deepEqual(
      files.filter((file) => ![...FILES, ...(script.includes("comm") ? TYPES : [])].some((known) => known.test(file))),
      [],
    );
    assert.deepEqual(caches, ["used"], "V8 takes the code cache with the flags of bin/sonde");
  });
}

test("a wrong script is refused without the kernel", () => {
  const { modules, files } = watchStart(["trace", "-e", "BEGIN { nonsense"]);
  assert.deepEqual(modules, []);
  assert.deepEqual(
    files.filter((file) => !file.startsWith(bundles) && !file.includes("/dist/bin/") && file !== "/proc/self/comm"),
    [],
  );
});

/** kB of code, and of V8's cache of what typical runs execute of it, which is what a start costs. */
const CEILINGS = {
  main: [28, 42],
  trace: [950, 1400],
  list: [190, 200],
  features: [190, 320],
  inspect: [160, 200],
  completion: [30, 38],
};

for (const [name, [code = 0, cache = 0]] of Object.entries(CEILINGS)) {
  test(`the bundle of ${name} stays small`, () => {
    const size = (/** @type {string} */ kind) => statSync(path.join(bundles, `${name}.${kind}`)).size / 1000;
    assert.ok(size("cjs") <= code, `${size("cjs")} kB of code, at most ${code}: see contents.json beside it`);
    assert.ok(size("cache") <= cache, `${size("cache")} kB of cache, at most ${cache}`);
  });
}

test("trace brings along what it needs and nothing else", () => {
  const contents = JSON.parse(readFileSync(path.join(bundles, "contents.json"), "utf8"));
  const allowed = [
    /^bpf\/(asm|btf|btf\/c|core|demangle(\/.*)?|dwarf|elf|elf\/(read|write)|eh-frame|spec)$/,
    /^cli(\/(commands|commands\/run|output))?$/,
    /^compiler(\/(bpftrace|codegen|diagnostics|ir|lowering|passes)(\/.*)?)?$/,
    /^kernel\/(cgroups|collection|features|handover|links|links\/(net|usdt)|maps|netlink|objects|programs|programs\/verifier|rings|symbols(\/xz)?|sys|sys\/bpf|target|tracefs)$/,
    /^runtime\/(cgroups|decode|filter|format|naming|output|print|processes|rewrite|session|stacks|tracepoints|unwind)$/,
    // Who a container or pod is, for the options that filter by it; with what an agent pins of that (handover).
    /^agent\/(exposition|identity(\/.*)?)$/,
  ];
  const others = Object.keys(contents.trace).filter((folder) => !allowed.some((pattern) => pattern.test(folder)));
  assert.deepEqual(others, []);
});

/** @param {readonly string[]} words @returns {{ modules: string[], files: string[], caches: string[] }} */
function watchStart(words) {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-start-"));
  const report = path.join(folder, "report.json");
  const watcher = path.join(root, "test/support/watch-start.cjs");
  try {
    const env = { ...childEnvironment(), NODE_OPTIONS: `--require=${watcher}`, WATCH_START: report };
    try {
      execFileSync(path.join(root, "bin/sonde"), words, { env, stdio: "pipe" });
    } catch (error) {
      if (/** @type {{ status?: number }} */ (error).status !== 1) throw error;
    }
    return JSON.parse(readFileSync(report, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

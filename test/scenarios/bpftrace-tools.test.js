// The scripts that come with bpftrace, of Debian 12 (bpftrace 0.17) and of Debian's newest (0.27): each
// compiles, and what this kernel has the probes for is loaded and attached.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { compileScript, render } from "@sonde/compiler";
import { runningTarget } from "@sonde/kernel/target";
import { startSession } from "@sonde/runtime";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { temporaryFolder } from "../support/folder.js";

/** Written for bpftrace 0.17 and refused by 0.27, too, or by this kernel's types. */
const REFUSED = {
  "bookworm/runqlen.bt": /struct cfs_rq has no field nr_running/,
  "bookworm/tcpconnect.bt": /undefined variable \$saddr/,
  "bookworm/tcpdrop.bt": /undefined variable \$saddr/,
};

/** The folder of a suite's scripts, fetched once. @param {string} suite */
function folderOf(suite) {
  const folder = path.join(root, ".cache/bpftrace-tools", suite);
  if (!existsSync(folder)) execFileSync(path.join(root, "bench/fetch-bpftrace"), [suite, folder, "tools"]);
  return folder;
}

/** @type {{ name: string, text: string }[]} */
const tools = ["bookworm", "sid"].flatMap((suite) =>
  readdirSync(folderOf(suite))
    .filter((file) => file.endsWith(".bt"))
    .map((file) => ({ name: `${suite}/${file}`, text: readFileSync(path.join(folderOf(suite), file), "utf8") })),
);

/** `object` with some of its members replaced. @template {object} T @param {T} object @param {Partial<T>} members @returns {T} */
function replaced(object, members) {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const kernel = runningTarget();

/** This kernel with all that a script may name: kprobes, the functions of other versions and modules, libraries. */
const everything = replaced(kernel, {
  features: replaced(kernel.features, { kprobe: true, kprobeMulti: true, fentry: true }),
  ...(kernel.facts && { facts: replaced(kernel.facts, { kernelSymbol: () => 0xffffffff81000000n }) }),
  probes: (provider, pattern) => {
    const found = kernel.probes(provider, pattern);
    return found.length === 0 && (provider === "kprobe" || provider === "uprobe") ? [pattern] : found;
  },
});

/** @param {{ name: string, text: string }} tool @param {import("@sonde/bpf/spec").Target} target */
function compile(tool, target) {
  const { spec, diagnostics, source } = compileScript(tool, target, { unsafe: true });
  const said = diagnostics.map((diagnostic) => render(diagnostic, source, { color: false })).join("\n");
  return { spec, said };
}

test("every script compiles", () => {
  assert.ok(tools.length >= 70, `only ${tools.length} scripts were found`);
  const failed = tools.flatMap((tool) => {
    const { spec, said } = compile(tool, everything);
    const expected = Reflect.get(REFUSED, tool.name);
    if (expected === undefined) return spec === undefined ? [`${tool.name}:\n${said}`] : [];
    return spec === undefined && expected.test(said) ? [] : [`${tool.name} is not refused as expected:\n${said}`];
  });
  assert.deepEqual(failed, []);
});

test("every script of the newest bpftrace whose probes this kernel has is loaded and attached", async () => {
  const loaded = [];
  for (const tool of tools.filter(({ name }) => name.startsWith("sid/"))) {
    const { spec } = compile(tool, kernel);
    if (spec === undefined) continue;
    const session = await startSession(spec, {
      vmlinux: () => kernel.btf,
      output: {
        backlog: 0,
        closed: false,
        write: () => undefined,
        send: () => undefined,
        flush: () => Promise.resolve(),
      },
      diagnose: () => undefined,
      dryRun: true,
    });
    await session.ended;
    loaded.push(path.basename(tool.name, ".bt"));
  }
  for (const name of [
    "biolatency",
    "biosnoop",
    "execsnoop",
    "opensnoop",
    "runqlat",
    "runqlen",
    "statsnoop",
    "syscount",
  ])
    assert.ok(loaded.includes(name), `${name} is not among ${loaded.join(", ")}`);
});

/** What a script prints about a command. @param {string} name @param {string} command */
function watch(name, command) {
  const script = path.join(folderOf("sid"), `${name}.bt`);
  const { status, stdout, stderr } = spawnSync(path.join(root, "bin/sonde"), ["trace", "-q", "-c", command, script], {
    encoding: "utf8",
    env: childEnvironment(),
    timeout: 60_000,
  });
  assert.equal(status, 0, stderr);
  return stdout.split("\n");
}

const folder = temporaryFolder();

test("opensnoop: a file that is there, and one that is not", () => {
  const file = path.join(folder, "opened");
  writeFileSync(file, "");
  const lines = watch("opensnoop", `/bin/cat ${file} ${file}-gone`);
  assert.match(lines[1] ?? "", /^PID +COMM +FD +ERR +PATH$/);
  assert.ok(
    lines.some((line) => new RegExp(`^\\d+ +cat +[3-9] +0 ${file}$`).test(line)),
    lines.join("\n"),
  );
  assert.ok(
    lines.some((line) => new RegExp(`^\\d+ +cat +-1 +2 ${file}-gone$`).test(line)),
    lines.join("\n"),
  );
});

test("execsnoop: a program's words", () => {
  const lines = watch("execsnoop", "/bin/echo one two");
  assert.ok(
    lines.some((line) => /^[\d:.]+ +\d+ +\d+ +\/bin\/echo one two$/.test(line)),
    lines.join("\n"),
  );
});

test("killsnoop: a signal and what became of it", () => {
  const lines = watch("killsnoop", "/bin/sh -c 'kill -CONT $$; kill -CONT 999999999'");
  assert.ok(
    lines.some((line) => / sh +SIGCONT +\d+ +0$/.test(line)),
    lines.join("\n"),
  );
  assert.ok(
    lines.some((line) => / sh +SIGCONT +999999999 +-3$/.test(line)),
    lines.join("\n"),
  );
});

// User stacks of programs without frame pointers, compared with what the C library's unwinder says at the same places.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { temporaryFolder } from "../support/folder.js";

const sources = path.join(path.dirname(fileURLToPath(import.meta.url)), "testdata");
const folder = temporaryFolder();
const FRAMES = 127;

/** Without frame pointers, as distributions compile. */
const FLAGS = ["-O2", "-g", "-fomit-frame-pointer", "-fasynchronous-unwind-tables", "-D_GNU_SOURCE", "-Wall"];

/** @param {string} name @param {readonly string[]} options @returns {string} */
function build(name, options) {
  const program = path.join(folder, name);
  execFileSync("gcc", [...FLAGS, ...options, "-o", program], { cwd: sources });
  return program;
}

build("libchains.so", ["-shared", "-fPIC", "library.c"]);
const linked = ["chains.c", `-L${folder}`, "-lchains", "-lpthread", `-Wl,-rpath,${folder}`];
const programs = {
  "position independent": build("chains-pie", ["-pie", "-fPIE", ...linked]),
  "at fixed addresses, bound lazily": build("chains-fixed", ["-no-pie", "-Wl,-z,lazy", ...linked]),
};

/** A running program of chains, by lines. @param {import("node:test").TestContext} context @param {string} program */
function startChains(context, program) {
  const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  context.after(() => child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: /** @type {number} */ (child.pid),
    /** Runs a chain; gives its return addresses. @param {string} name */
    async run(name) {
      child.stdin.write(`${name}\n`);
      const { value } = await lines.next();
      const [said, ...addresses] = value.split(" ");
      assert.equal(said, name);
      return addresses;
    },
    end: () => child.stdin.end(),
  };
}

/** A session that prints JSON or text, by lines, once it has attached. @param {import("node:test").TestContext} context @param {readonly string[]} words */
async function startTrace(context, words) {
  const child = spawn(path.join(root, "bin/sonde"), ["trace", ...words], { env: childEnvironment() });
  context.after(() => child.kill("SIGKILL"));
  /** @type {string[]} */
  const output = [];
  /** @type {string[]} */
  const errors = [];
  const ended = once(child, "close");
  await new Promise((resolve, reject) => {
    const follow = (/** @type {import("node:stream").Readable} */ input, /** @type {string[]} */ into) =>
      createInterface({ input }).on("line", (line) => {
        into.push(line);
        if (line.startsWith("Attached")) resolve(undefined);
      });
    follow(child.stdout, output);
    follow(child.stderr, errors);
    void ended.then(() => reject(new Error(errors.join("\n"))));
  });
  return {
    output,
    /** What went to standard error until now. */
    errors: () => errors.join("\n"),
    /** Resolves to all it has printed when it has ended by itself. */
    async finished() {
      await ended;
      return output;
    },
    /** Ends it; resolves to all it has printed. */
    async end() {
      child.kill("SIGINT");
      await ended;
      return output;
    },
  };
}

/** The stacks among lines "stack NAME", "    0x...": by name, all of that name in order. @param {readonly string[]} lines */
function stacksOf(lines) {
  /** @type {Map<string, string[][]>} */
  const stacks = new Map();
  /** @type {string[] | undefined} */
  let present;
  for (const line of lines) {
    const name = /^stack (\w+)$/.exec(line)?.[1];
    if (name !== undefined) stacks.set(name, [...(stacks.get(name) ?? []), (present = [])]);
    else if (/^ +0x/.test(line)) present?.push(line.trim());
    else present = undefined;
  }
  return stacks;
}

const CHAINS = ["recursion", "deep", "qsort", "library", "aligned", "signal", "fault", "thread"];

/** What the probe on here() must see: its own address in place of that within it. @param {readonly string[]} truth */
function wanted(truth) {
  return truth.slice(1, FRAMES);
}

for (const [kind, program] of Object.entries(programs)) {
  test(`every frame as backtrace(3) has it: ${kind}`, async (context) => {
    const chains = startChains(context, program);
    const script = `uprobe:${program}:here { printf("stack %s%s", str(arg0), dw_ustack(raw)) }`;
    const session = await startTrace(context, ["-p", `${chains.pid}`, "-e", script]);
    /** @type {Map<string, string[]>} */
    const truth = new Map();
    for (const name of CHAINS) truth.set(name, await chains.run(name));
    const stacks = stacksOf(await session.end());
    for (const name of CHAINS) {
      const stack = stacks.get(name)?.[0];
      assert.ok(stack !== undefined, `${name} has a stack`);
      const expected = wanted(/** @type {string[]} */ (truth.get(name)));
      assert.deepEqual(stack.slice(1), expected, name);
    }
    assert.equal(stacks.get("deep")?.[0]?.length, FRAMES);
    assert.doesNotMatch(session.errors(), /incomplete/);
  });
}

test("a process that starts while the session runs is known after a moment, and what was incomplete until then is said", async (context) => {
  const program = programs["position independent"];
  const script = `uprobe:${program}:here { printf("stack %s%s", str(arg0), dw_ustack(raw)) }`;
  const session = await startTrace(context, ["-e", script]);
  const chains = startChains(context, program);
  const began = Date.now();
  let truth = await chains.run("qsort");
  // Each stack is whole or counted; the tables of the C library and its like are made in some tenths of a second.
  for (let calls = 1; Date.now() - began < 1500; calls++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    truth = await chains.run("qsort");
  }
  const all = stacksOf(await session.end()).get("qsort") ?? [];
  const whole = all.filter((stack) => stack.slice(1).join() === wanted(truth).join()).length;
  assert.deepEqual(all.at(-1)?.slice(1), wanted(truth));
  const said = /(\d+) of (\d+) unwound user stacks are incomplete: (\d+) were taken before/.exec(session.errors());
  assert.ok(said !== null, session.errors());
  assert.deepEqual([Number(said[1]), Number(said[2])], [all.length - whole, all.length]);
});

test("what exec has replaced is not taken for what runs now", async (context) => {
  // The shell is known at its first stack; then it becomes another program, with the same process id.
  const program = programs["at fixed addresses, bound lazily"];
  const script = `tracepoint:syscalls:sys_enter_openat /comm == "sh"/ { @before[pid] = count(); @stacks[dw_ustack] = count(); }
    uprobe:${program}:here { printf("stack %s%s", str(arg0), dw_ustack(raw)) }`;
  const session = await startTrace(context, ["-e", script]);
  const shell = spawn("sh", [
    "-c",
    `for I in 1 2 3 4; do read LINE < /proc/self/stat; sleep 0.1; done; exec ${program}`,
  ]);
  context.after(() => shell.kill());
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  /** @type {string[]} */
  let truth = [];
  for (let i = 0; i < 15; i++) {
    shell.stdin.write("library\n");
    truth = (await lines.next()).value.split(" ").slice(1);
    await new Promise((resolve) => setTimeout(resolve, 80));
  }
  const output = await session.end();
  assert.ok(
    output.some((line) => line.startsWith(`@before[${shell.pid}]: `)),
    "the shell's stacks were taken",
  );
  const all = stacksOf(output).get("library") ?? [];
  assert.deepEqual(all.at(-1)?.slice(1), wanted(truth));
});

test("profile: samples of a known hot path, without frame pointers", async (context) => {
  const source = `volatile unsigned long sum;
    __attribute__((noinline)) void work(void) { for (long i = 0; i < 100000; i++) sum = sum * 3 + i; }
    __attribute__((noinline)) void middle(void) { work(); asm volatile(""); }
    __attribute__((noinline)) void outer(void) { middle(); asm volatile(""); }
    int main(void) { for (;;) outer(); }`;
  const program = path.join(folder, "hot");
  execFileSync("gcc", [...FLAGS, "-x", "c", "-", "-o", program], { input: source });
  const hot = spawn(program);
  context.after(() => hot.kill());
  const session = await startTrace(context, [
    "-p",
    `${hot.pid}`,
    "-e",
    `config = { call_graph = dwarf; show_debug_info = false } profile:hz:99 /pid == ${hot.pid}/ { printf("%s\\n", ustack) } interval:s:2 { exit() }`,
  ]);
  const samples = (await session.finished())
    .join("\n")
    .split(/\n\s*\n/)
    .map((text) =>
      text
        .split("\n")
        .map((line) => line.trim().replace(/\+\d+$/, ""))
        .filter((line) => line !== "" && !line.startsWith("Attached")),
    );
  const taken = samples.filter((frames) => frames.length > 0);
  assert.ok(taken.length > 5, `${taken.length} samples`);
  // The C library's own two frames have names only where its symbols are installed.
  const whole = taken.filter((frames) => /work middle outer main \S+ \S+ _start$/.test(frames.join(" ")));
  // A sample may fall into main or between the calls.
  assert.ok(whole.length >= 0.9 * taken.length, `${whole.length} of ${taken.length} are whole: ${taken[0]?.join(" ")}`);
});

/** Names for code of processes that are gone, and of their file systems. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { kernelTest } from "../testing/kernel-test.ts";
import { leaked, openKernelDescriptors } from "../sys/leaks.ts";
import { openKernel } from "../sys/linux.ts";
import { ElfFile } from "./elf.ts";
import { quietly } from "./quietly.ts";
import { formatSymbol } from "./symbol.ts";
import { UserSymbols } from "./user.ts";

const kernel = openKernel();

let folder: string;
before(() => {
  folder = mkdtempSync(`${tmpdir()}/sonde-symbols-`);
});
/** Whoever is still there when a test has failed. */
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.stdin?.destroy();
  rmSync(folder, { recursive: true });
});

/** A copy of a program of testdata/steps.c, which has one function, of that name. */
function program(sample: "first" | "second" | "first-stripped" | "first.debug", to: string): string {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(fileURLToPath(new URL(`../../testdata/steps-${sample}`, import.meta.url)), to);
  return to;
}

/** Starts it and waits for what it says: the address of its function, its pid as it sees it. */
async function start(command: string, ...args: string[]) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  children.add(child);
  const line = async (): Promise<{ address: bigint; inner: number }> => {
    let said = "";
    while (!said.endsWith("\n")) said += String(((await once(child.stdout, "data")) as [Buffer])[0]);
    const [address = "", inner = ""] = said.trim().split(" ");
    return { address: BigInt(`0x${address}`), inner: Number.parseInt(inner, 16) };
  };
  return { child, line, pid: child.pid as number, ...(await line()) };
}

function childOf(parent: number): number {
  const isChild = (pid: string): boolean =>
    new RegExp(`^PPid:\\t${parent}$`, "m").test(quietly(() => readFileSync(`/proc/${pid}/status`, "latin1")) ?? "");
  return Number(readdirSync("/proc").find((name) => /^\d+$/.test(name) && isChild(name)));
}

async function end({ child }: { child: ChildProcess }): Promise<void> {
  child.stdin?.end("\n");
  if (child.exitCode === null) await once(child, "exit");
}

kernelTest("a process that was never asked about is named after it has ended and its file is gone", async () => {
  const file = program("first", `${folder}/gone`);
  using symbols = new UserSymbols();
  symbols.follow(kernel);
  const running = await start(file);
  // A look at the events; nothing is asked about this process.
  symbols.process(process.pid);
  await end(running);
  rmSync(file);
  assert.equal(formatSymbol(symbols.process(running.pid).symbolize(running.address + 4n)), "first+4");
  assert.equal(symbols.process(running.pid).symbolize(running.address).module, file);
});

kernelTest(
  "processes that were there before, and children that execute nothing, are named after their end",
  async () => {
    const running = await start(program("first", `${folder}/early`));
    using symbols = new UserSymbols();
    symbols.follow(kernel);
    const { pid } = spawnSync("/bin/sh", ["-c", "(true)"]);
    // Every process is looked at within a few rounds.
    for (let i = 0; i < 40; i++) symbols.process(process.pid);
    await end(running);
    assert.equal(formatSymbol(symbols.process(running.pid).symbolize(running.address)), "first");
    assert.ok(symbols.process(pid).mappings.length > 0, "a shell that is gone");
  },
);

kernelTest("what a process ran before it executed another program keeps its names", async () => {
  const second = program("second", `${folder}/second`);
  using symbols = new UserSymbols();
  symbols.follow(kernel);
  const running = await start(program("first", `${folder}/first`), second);
  const next = running.line();
  running.child.stdin.write("\n");
  const { address } = await next;
  assert.equal(formatSymbol(symbols.process(running.pid).symbolize(address)), "second");
  assert.equal(formatSymbol(symbols.process(running.pid).symbolize(running.address)), "first");
  await end(running);
  assert.equal(formatSymbol(symbols.process(running.pid).symbolize(address)), "second");
});

kernelTest("a file that was replaced does not lend its names", async () => {
  const file = program("first", `${folder}/old`);
  using symbols = new UserSymbols();
  const running = await start(file);
  const replace = (): void => renameSync(program("second", `${folder}/new`), file);
  replace();
  // The mapping leads to the file that was meant.
  assert.equal(formatSymbol(symbols.process(running.pid).symbolize(running.address)), "first");
  await end(running);
  program("first", file);
  const again = await start(file);
  using late = new UserSymbols();
  assert.ok(late.process(again.pid).mappings.length > 0);
  await end(again);
  replace();
  assert.equal(late.process(again.pid).symbolize(again.address).name, undefined);
});

kernelTest("a container's program, its debug file and its perf map, when the container is gone", async () => {
  const root = `${folder}/root`;
  program("first-stripped", `${root}/bin/boxed`);
  mkdirSync(`${root}/tmp`);
  using file = ElfFile.open(`${root}/bin/boxed`);
  const id = file.buildId() ?? "";
  program("first.debug", `${root}/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`);

  using symbols = new UserSymbols();
  symbols.follow(kernel);
  const running = await start("unshare", "--pid", "--fork", "chroot", root, "/bin/boxed");
  assert.equal(running.inner, 1, "it knows itself by another pid");
  const pid = childOf(running.pid);
  symbols.process(process.pid);
  writeFileSync(`${root}/tmp/perf-1.map`, "10000 100 compiled\n");
  assert.equal(formatSymbol(symbols.process(pid).symbolize(0x10010n)), "compiled+16");
  await end(running);
  assert.equal(formatSymbol(symbols.process(pid).symbolize(running.address + 1n)), "first+1");
  rmSync(root, { recursive: true });
  assert.equal(formatSymbol(symbols.process(pid).symbolize(running.address + 1n)), "first+1");
});

kernelTest("following leaves nothing open", () => {
  const before = openKernelDescriptors();
  for (let i = 0; i < 20; i++) {
    using symbols = new UserSymbols();
    symbols.follow(kernel);
    symbols.process(process.pid);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

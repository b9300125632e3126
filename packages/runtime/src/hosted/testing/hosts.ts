/** Hosts of versions of a monitor, and a workload whose writes are counted apart from them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, type TestContext } from "node:test";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { leaked, openKernel, openKernelDescriptors } from "@sonde/kernel/sys";
import { kernelTest as kernelTestThatMayLeak, type KernelTestOptions } from "@sonde/kernel/testing";
import { compile, testTarget } from "../../scripts/run-script.ts";
import { MapReaders } from "../../session/maps.ts";
import type { Sink } from "../../print/sink.ts";
import { HostedObject, type LeftVersion } from "../hosted.ts";
import type { Version } from "../version.ts";

const kernel = openKernel();
const BPFFS = "/sys/fs/bpf";

/** Every test leaves as many descriptors of the kernel's objects open as it found. */
export function kernelTest(
  name: string,
  options: KernelTestOptions,
  run: (context: TestContext) => Promise<void>,
): void {
  kernelTestThatMayLeak(name, options, async (context) => {
    testTarget();
    const before = openKernelDescriptors();
    await run(context);
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  });
}

/** dd under a name that nobody else on the machine has: it makes as many writes as it is told, which is the independent count. */
export const NAME: string = `dd${process.pid}`;
const tools = mkdtempSync(path.join(tmpdir(), "sonde-test-"));
symlinkSync("/bin/dd", path.join(tools, NAME));
after(() => rmSync(tools, { recursive: true }));

export async function write(count: number): Promise<void> {
  const words = ["if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`, "status=none"];
  await once(spawn(path.join(tools, NAME), words), "exit");
}

/** Does something while writes go on, and says how many there were. */
export async function whileWriting(work: () => Promise<void>): Promise<number> {
  const CHUNK = 5000;
  let written = 0;
  let going = true;
  const load = (async () => {
    for (; going; written += CHUNK) await write(CHUNK);
  })();
  try {
    await work();
  } finally {
    going = false;
    await load;
  }
  return written;
}

/** A handler for those writes alone; the script may say more, and say something before. */
export function writes(body: string, more: string = "", first: string = ""): ObjectSpec {
  return compile(`${first} tracepoint:syscalls:sys_enter_write /comm == "${NAME}"/ { ${body} } ${more}`, {
    histogramTotals: true,
  });
}

export interface Events {
  readonly printed: string[];
}

export function host(events: Events, folder?: string): HostedObject {
  const sink: Sink = {
    attachedProbes: () => {},
    show: String,
    text: () => {},
    say: () => {},
    printf: (_format, args) => void events.printed.push(args.map(String).join(" ")),
    time: () => {},
    stream: () => {},
    value: () => {},
    map: () => {},
    lostEvents: () => {},
    warning: () => {},
    end: () => {},
  };
  return new HostedObject({
    kernel,
    vmlinux: () => testTarget().btf,
    ...(folder !== undefined && { folder }),
    sink,
    clock: () => "",
    exit: () => {},
    fail: (error) => {
      throw error;
    },
  });
}

export function count(version: Version | undefined, name: string): number {
  assert.ok(version !== undefined);
  const readers = new MapReaders(version.collection);
  let total = 0;
  for (const { value } of readers.read(readers.view(name)).rows) {
    if (value.kind === "count" || value.kind === "sum") total += Number(value.value);
    else if (value.kind === "hist") total += value.counts.reduce((sum, n) => sum + n, 0);
  }
  return total;
}

/** A folder for pins that goes with the test. */
export function pinFolder(context: TestContext): string {
  const folder = mkdtempSync(`${BPFFS}/sonde-test-`);
  context.after(() => remove(folder));
  return folder;
}

function remove(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) remove(`${folder}/${entry.name}`);
  assert.deepEqual(readdirSync(folder), [], "pins are left");
  rmdirSync(folder);
}

/** What a version's process writes down when it is told to commit. */
export function leftBy({ number, spec: { manifest, maps }, created, places, bases, types }: Version): LeftVersion {
  return {
    number,
    spec: { manifest, maps },
    created: Object.fromEntries(created),
    places: places.length,
    types,
    bases: Object.fromEntries(Array.from(bases, ([map, { length }]) => [map, length])),
  };
}

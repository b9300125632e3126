/** Versions that follow each other where the kernel itself exchanges what a link runs. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atomicAdd, exit, loadMapValue, mov64Imm, withLabel } from "@sonde/bpf/asm";
import { readObject } from "@sonde/bpf/elf";
import type { MapSpec, ObjectSpec } from "@sonde/bpf/spec";
import { unifiedMount } from "@sonde/kernel/cgroups";
import { removePinTree } from "@sonde/kernel/handover";
import { leaked, openKernel, openKernelDescriptors } from "@sonde/kernel/sys";
import { kernelTest } from "@sonde/kernel/testing";
import { testTarget } from "../scripts/run-script.ts";
import type { Sink } from "../print/sink.ts";
import { HostedObject, type LeftVersion } from "./hosted.ts";
import type { Version } from "./version.ts";

const kernel = openKernel();
const UPGRADES = 20;

function host(folder: string): HostedObject {
  const fail = (error: unknown): never => {
    throw error;
  };
  return new HostedObject({
    kernel,
    vmlinux: () => testTarget().btf,
    folder,
    // These objects have no events.
    sink: {} as Sink,
    clock: () => "",
    exit: () => {},
    fail,
  });
}

/** Does something while a process makes its load, and says how much that was. */
async function under(load: readonly string[], work: () => Promise<void>): Promise<number> {
  const script = fileURLToPath(new URL("testing/network-load.js", import.meta.url));
  const child = spawn(process.execPath, [script, ...load], { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
  const ended = once(child, "close");
  try {
    await work();
  } finally {
    child.stdin.end();
  }
  const [status] = (await ended) as [number];
  assert.equal(status, 0, "the load failed");
  return Number(text);
}

/** Twenty versions, of which the processes that host them end five times, as if killed. */
async function follow(hosted: HostedObject, folder: string, versions: readonly ObjectSpec[]): Promise<HostedObject> {
  let left: LeftVersion | undefined;
  const commit = ({ number, spec: { manifest, maps }, created, places }: Version): void => {
    left = { number, spec: { manifest, maps }, created: Object.fromEntries(created), places: places.length };
  };
  let current = hosted;
  for (let upgrade = 1; upgrade <= UPGRADES; upgrade++) {
    const spec = versions[upgrade % 2]!;
    const { inexact, anew, unpinned } = await current.deploy(spec, { commit });
    assert.deepEqual([inexact, anew, unpinned], [[], [], []]);
    await sleep(10);
    if (upgrade % 4 !== 0) continue;
    current.close();
    current = host(folder);
    current.adopt(left!, () => false);
    const { added } = await current.deploy(spec, { commit, takenUp: true });
    assert.deepEqual(added, []);
  }
  return current;
}

function inPins(name: string, run: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    testTarget();
    const before = openKernelDescriptors();
    const folder = mkdtempSync(`/sys/fs/bpf/sonde-${name}-`);
    try {
      await run(folder);
    } finally {
      removePinTree(folder);
    }
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  };
}

const MAP: MapSpec = {
  name: "count",
  type: "array",
  keySize: 4,
  valueSize: 8,
  maxEntries: 1,
  flags: 0,
  keyTypeId: 0,
  valueTypeId: 0,
};

/** Packets that a group's processes send; another version has another map. */
function packets(path: string, more: readonly MapSpec[]): ObjectSpec {
  return {
    name: "packets",
    license: "GPL",
    programs: [
      {
        name: "sent",
        type: "cgroup_skb",
        attach: [{ kind: "cgroup", path, attachType: "cgroup_inet_egress" }],
        instructions: [
          withLabel(loadMapValue(1, "count", 0), "sent"),
          mov64Imm(2, 1),
          atomicAdd(8, 1, 0, 2),
          mov64Imm(0, 1),
          exit(),
        ],
        functions: new Map(),
        title: "sent",
      },
    ],
    maps: [MAP, ...more],
    btf: new Uint8Array(0),
    manifest: { maps: [], events: [], config: { printMapsOnExit: false, stackMode: "bpftrace" } },
  };
}

kernelTest(
  "packets of a control group, counted by versions that follow each other",
  {},
  inPins("group", async (folder) => {
    const path = `/sonde-hosted-${process.pid}`;
    const group = `${unifiedMount()}${path}`;
    mkdirSync(group);
    let hosted = host(folder);
    const versions = [packets(path, []), packets(path, [{ ...MAP, name: "more" }])];
    await hosted.deploy(versions[0]!);
    const sent = await under(["datagrams", group], async () => {
      hosted = await follow(hosted, folder, versions);
    });
    const value = hosted.current!.collection.map("count").lookup(new Uint8Array(4))!;
    assert.equal(Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true)), sent);
    assert.ok(sent > 0);
    assert.deepEqual(
      [...hosted.hooks].map(({ way, pinned }) => [way, pinned]),
      [["link", true]],
    );
    await hosted.stop(() => false);
    assert.deepEqual(readdirSync(`${folder}/hooks`), []);
    rmdirSync(group);
  }),
);

/** The congestion control that counts connections, by its link alone. */
function congestion(more: readonly MapSpec[]): ObjectSpec {
  const file = new URL("../../../kernel/testdata/objects/congestion.bpf.o", import.meta.url);
  const spec = readObject(new Uint8Array(readFileSync(file)), { name: "congestion" });
  return {
    ...spec,
    programs: spec.programs.map((program) => ({ ...program, autoload: true })),
    maps: [...spec.maps.filter(({ name }) => name !== "plain").map((map) => ({ ...map, autocreate: true })), ...more],
  };
}

kernelTest(
  "connections by a congestion control whose versions follow each other",
  { needs: ["struct_ops_link"] },
  inPins("congestion", async (folder) => {
    let hosted = host(folder);
    const versions = [congestion([]), congestion([{ ...MAP, name: "more" }])];
    await hosted.deploy(versions[0]!);
    const made = await under(["connections", "sonde_linked"], async () => {
      hosted = await follow(hosted, folder, versions);
    });
    assert.equal(Number(hosted.current!.collection.globals("bss")["begun"]), made);
    assert.ok(made > 0);
    assert.deepEqual(
      [...hosted.hooks].map(({ description, way, pinned }) => [description, way, pinned]),
      [["struct_ops:linked", "link", true]],
    );
    await hosted.stop(() => false);
  }),
);

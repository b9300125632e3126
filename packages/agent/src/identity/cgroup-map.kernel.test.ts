import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, rmdirSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { MapType } from "@sonde/bpf/spec";
import { createMap, type BpfMap } from "@sonde/kernel/maps";
import { openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { kernelTest } from "@sonde/kernel/testing";
import { findHierarchy } from "@sonde/runtime/cgroups";
import { CgroupMap } from "./cgroup-map.ts";
import { Identity } from "./identity.ts";

const kernel = openKernel();
const hierarchy = findHierarchy()!;
const base = `/sonde-cgroup-map-${process.pid}`;

function mapOf(type: MapType): BpfMap {
  const storage = type === "cgrp_storage";
  return createMap(kernel, {
    name: "ids",
    type,
    keySize: storage ? 4 : 8,
    valueSize: 8,
    maxEntries: storage ? 0 : 64,
    flags: 0,
    keyTypeId: 0,
    valueTypeId: 0,
  });
}

/** Whether the map holds the cgroup at a path. */
function holds(map: BpfMap, path: string): boolean {
  const folder = hierarchy.mount + path;
  if (map.type !== "cgrp_storage")
    return map.lookup(new Uint8Array(BigUint64Array.of(statSync(folder, { bigint: true }).ino).buffer)) !== undefined;
  const fd = openSync(folder, "r");
  try {
    return map.lookup(new Uint8Array(Uint32Array.of(fd).buffer)) !== undefined;
  } finally {
    closeSync(fd);
  }
}

for (const type of ["hash", "cgrp_storage"] as const) {
  kernelTest(`a map of type ${type} holds the cgroups that match, as they come and go`, async () => {
    const map = mapOf(type);
    const identity = new Identity({ kernel, vmlinux: runningTarget({ kernel }).btf!, hierarchy });
    const paths = [`${base}-before`, `${base}-after`, base.replace("sonde", "other")];
    const [before = "", after = "", other = ""] = paths;
    mkdirSync(hierarchy.mount + before);
    const kept = new CgroupMap(identity, map, { map: "ids", patterns: ["^/sys/fs/cgroup/sonde-cgroup-map-"] });
    try {
      for (const path of [after, other]) mkdirSync(hierarchy.mount + path);
      for (let i = 0; i < 300 && !holds(map, after); i++) await sleep(10);
      assert.deepEqual(
        paths.map((path) => holds(map, path)),
        [true, true, false],
      );
    } finally {
      kept.close();
      identity.close();
      map.close();
      for (const path of paths) rmdirSync(hierarchy.mount + path);
    }
  });
}

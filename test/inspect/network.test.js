// Programs for interfaces and control groups: where the command line says, and shown by name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { runSonde } from "../support/sonde.js";
import { attached, bpftool, compile, gone } from "./objects.js";
import { temporaryFolder } from "../support/folder.js";

const device = `sonde${process.pid % 100_000}`;
const cgroups = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((folder) =>
  existsSync(`${folder}/cgroup.controllers`),
);
const cgroup = `${cgroups}/sonde-load-${process.pid}`;
const folder = temporaryFolder();

before(() => {
  execFileSync("ip", ["link", "add", device, "type", "veth", "peer", "name", `${device}p`]);
  mkdirSync(cgroup);
});
after(() => {
  execFileSync("ip", ["link", "delete", device]);
  rmdirSync(cgroup);
});

/** @param {any} object @param {string} name */
const program = (object, name) => object.programs.find((/** @type {any} */ each) => each.name === name);

test("interfaces and groups are taken from the command line", async () => {
  const loader = await attached(["--device", device, "--cgroup", cgroup, compile("network", folder)]);
  const [object] = loader.report.objects;
  assert.equal(program(object, "nowhere").state, "loaded");
  assert.match(program(object, "nowhere").reason, /does not say where/);
  const { stdout } = await runSonde(["inspect", "link", "-o", "json", "--pid", String(loader.pid), "--interval", "0"]);
  const places = Object.fromEntries(
    JSON.parse(stdout).links.map((/** @type {any} */ link) => [link.programName, link.attachedTo]),
  );
  assert.deepEqual(places, {
    passes: `xdp ${device}`,
    leaves: `tcx_egress ${device}`,
    counts: `cgroup_inet_egress /sonde-load-${process.pid}`,
  });
  const [{ xdp }] = bpftool("net", "show", "dev", device);
  assert.equal(xdp[0].id, program(object, "passes").id);
  const inGroup = bpftool("cgroup", "show", cgroup);
  assert.equal(inGroup[0].id, program(object, "counts").id);
  assert.equal((await loader.stop()).status, 0);
  assert.deepEqual(bpftool("net", "show", "dev", device)[0].xdp, []);
});

test("without a place they are loaded, and told what to say", async () => {
  const loader = await runSonde(["load", "--attach", "-o", "json", compile("network", folder)]);
  assert.equal(loader.status, 0);
  const [object] = JSON.parse(loader.stdout).objects;
  assert.match(program(object, "passes").reason, /--device says where/);
  assert.match(program(object, "leaves").reason, /--device says where/);
  assert.match(program(object, "counts").reason, /--cgroup says where/);
});

test("a device that is not there takes everything back", async () => {
  const ended = await runSonde([
    "load",
    "--attach",
    "-o",
    "json",
    "--device",
    "nowhere0",
    "--cgroup",
    cgroup,
    compile("network", folder),
  ]);
  assert.equal(ended.status, 1);
  const [object] = JSON.parse(ended.stdout).objects;
  assert.equal(program(object, "passes").state, "failed");
  assert.match(program(object, "passes").reason, /nowhere0/);
  for (const { id } of object.programs) if (id !== undefined) await gone("prog", id);
});

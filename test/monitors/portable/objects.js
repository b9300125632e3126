// The monitors in TypeScript as objects: built once, here, and carried unchanged to other kernels.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../../tools/lib/environment.js";

/** Where they are kept; a guest's disk has the same folder. */
export const objectFolder = path.join(root, ".cache/objects");

/** Names of the monitors that come with Sonde, sorted. */
export function monitorNames() {
  return monitorFiles()
    .map((file) => path.basename(file, ".ts"))
    .sort();
}

function monitorFiles() {
  const folder = path.join(root, "monitors");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(folder, name));
}

/** Builds all of them with this kernel's types. */
export async function buildObjects() {
  const { buildMonitor, buildTarget } = await import("@sonde/builder");
  const { writeObject } = await import("@sonde/bpf/elf");
  rmSync(objectFolder, { recursive: true, force: true });
  mkdirSync(objectFolder, { recursive: true });
  const target = buildTarget();
  for (const file of monitorFiles()) {
    const { spec, diagnostics } = await buildMonitor(file, target);
    if (spec === undefined) throw new Error(`${file}: ${diagnostics.map(({ message }) => message).join("; ")}`);
    writeFileSync(path.join(objectFolder, `${spec.name}.o`), writeObject(spec));
  }
}

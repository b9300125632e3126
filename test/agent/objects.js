// Objects that carry a manifest, as a builder elsewhere would make them.
import { exit, withLabel } from "@sonde/bpf/asm";
import { writeObject } from "@sonde/bpf/elf";
import { compileScript } from "@sonde/compiler";
import { runningTarget } from "@sonde/kernel/target";

/** A script of a monitor as an object. @param {string} text @param {string} name */
export async function monitorSpec(text, name) {
  const { spec, diagnostics } = compileScript({ name: `${name}.bt`, text }, runningTarget(), { name });
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  const view = { name, help: "An object", enabled: true, metrics: [], streams: [], params: [] };
  return { ...spec, manifest: { ...spec.manifest, monitor: view } };
}

/** The same, but no verifier takes it: its programs return what they never set. @param {string} text @param {string} name */
export async function refusedObject(text, name) {
  const spec = await monitorSpec(text, name);
  const programs = spec.programs.map((program) => ({
    ...program,
    instructions: [withLabel(exit(), program.name)],
  }));
  return new Uint8Array(writeObject({ ...spec, programs }));
}

// Objects that carry a manifest, as a builder elsewhere would make them.
import { exit, withLabel } from "@sonde/bpf/asm";
import { writeObject } from "@sonde/bpf/elf";
import { compileScript } from "@sonde/compiler";
import { runningTarget } from "@sonde/kernel/target";

/** A script of a monitor as an object's file. @param {string} text @param {string} name */
export function monitorObject(text, name) {
  return new Uint8Array(writeObject(monitorSpec(text, name)));
}

/** @param {string} text @param {string} name */
function monitorSpec(text, name) {
  const { spec, diagnostics } = compileScript({ name: `${name}.bt`, text }, runningTarget(), { name });
  if (spec === undefined) throw new Error(JSON.stringify(diagnostics));
  const writes = { map: "@writes", name: "test_writes", help: "Calls of write(2)", labels: [] };
  const view = { name, help: "An object", enabled: true, metrics: [writes], streams: [], params: [] };
  return { ...spec, manifest: { ...spec.manifest, monitor: view } };
}

/** The same, but no verifier takes it: its programs return what they never set. @param {string} text @param {string} name */
export function refusedObject(text, name) {
  const spec = monitorSpec(text, name);
  const programs = spec.programs.map((program) => ({
    ...program,
    instructions: [withLabel(exit(), program.name)],
  }));
  return new Uint8Array(writeObject({ ...spec, programs }));
}

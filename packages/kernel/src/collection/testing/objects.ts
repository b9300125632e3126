/** The project's own objects in C, for tests: testdata/objects/NAME.c, compiled by clang. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readObject } from "@sonde/bpf/elf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { openKernel } from "../../sys/index.ts";
import { openVmlinuxBtf, userCache } from "../../target/index.ts";
import { type ObjectEditor, openObject } from "../editor.ts";

export const OBJECTS: string = fileURLToPath(new URL("../../../testdata/objects/", import.meta.url));

export function objectPath(name: string): string {
  return `${OBJECTS}${name}.bpf.o`;
}

export function objectSpec(name: string): ObjectSpec {
  return readObject(new Uint8Array(readFileSync(objectPath(name))), { name });
}

/** The object with only these programs switched on, as they need different kernels. */
export function objectWith(name: string, ...programs: readonly string[]): ObjectEditor {
  const spec = objectSpec(name);
  const editor = openObject(spec);
  for (const program of spec.programs) editor.program(program.name).autoload = programs.includes(program.name);
  return editor;
}

/** The running kernel's types, opened once. */
export function kernelTypes(): () => ReturnType<typeof openVmlinuxBtf> {
  let btf: ReturnType<typeof openVmlinuxBtf> | null = null;
  return () => (btf === null ? (btf = openVmlinuxBtf(openKernel(), userCache())) : btf);
}

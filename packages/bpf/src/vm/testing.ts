/** Small objects for tests, written as text. */
import { assemble } from "../asm/assemble.ts";
import type { MapSpec, MapType, ProgramSpec, ProgramType } from "../spec/spec.ts";
import { Vm } from "./vm.ts";
import type { VmOptions } from "./vm.ts";

export function testProgram(name: string, text: string, type: ProgramType = "raw_tracepoint"): ProgramSpec {
  return { name, type, attach: [], instructions: assemble(text), functions: new Map(), title: name };
}

export function testMap(name: string, type: MapType, changes: Partial<MapSpec> = {}): MapSpec {
  return { name, type, keySize: 4, valueSize: 8, maxEntries: 4, flags: 0, keyTypeId: 0, valueTypeId: 0, ...changes };
}

/** A machine with one program, "main". */
export function testVm(
  text: string,
  maps: readonly MapSpec[] = [],
  options: VmOptions & { readonly type?: ProgramType } = {},
): Vm {
  return new Vm({ programs: [testProgram("main", text, options.type)], maps }, options);
}

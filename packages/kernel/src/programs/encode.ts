/** From a program's symbolic instructions to what one kernel takes. */
import { encode, layout } from "@sonde/bpf/asm";
import type { Layout } from "@sonde/bpf/asm";
import { programInfo } from "@sonde/bpf/btf";
import type { Btf, ProgramInfo } from "@sonde/bpf/btf";
import { applyCore } from "@sonde/bpf/core";
import type { CoreApplied } from "@sonde/bpf/core";
import type { ProgramSpec } from "@sonde/bpf/spec";
import { requireVmlinux } from "./kernel-types.ts";
import type { Vmlinux } from "./kernel-types.ts";

/** The object that programs belong to, as far as it is loaded already. */
export interface ObjectContext {
  readonly license: string;
  /** The descriptor of a map of the object; throws if there is none of this name. */
  readonly mapFd: (name: string) => number;
  /** The object's own BTF; absent if it has none. */
  readonly btf: ObjectBtf | undefined;
  readonly vmlinux: Vmlinux;
}

export interface ObjectBtf {
  readonly fd: number;
  /** Where a text that line info needs is in the BTF. */
  readonly stringOffset: (text: string) => number;
  /** The same types to read; opened when first asked for. */
  readonly types: () => Btf;
}

export interface EncodedProgram {
  readonly spec: ProgramSpec;
  /** What the bytes were made from: to find the instruction in a slot. */
  readonly layout: Layout;
  readonly bytes: Uint8Array;
  readonly info: ProgramInfo | undefined;
  /** Why an instruction (by its index in the layout) cannot work on this kernel, from its CO-RE relocation. */
  readonly poisoned: ReadonlyMap<number, string>;
}

/**
 * CO-RE relocations applied, labels resolved, maps put in.
 *
 * Errors: UnsupportedFeatureError if there are relocations and the kernel has no BTF; AsmError for
 * what does not fit.
 */
export function encodeProgram(spec: ProgramSpec, object: ObjectContext): EncodedProgram {
  const { instructions, poisoned } = relocate(spec, object);
  const placed = layout(instructions);
  const { btf } = object;
  return {
    spec,
    layout: placed,
    bytes: encode(placed, { map: object.mapFd }),
    info:
      btf === undefined || spec.functions.size === 0
        ? undefined
        : programInfo(placed, spec.functions, btf.stringOffset),
    poisoned,
  };
}

function relocate(spec: ProgramSpec, { btf, vmlinux }: ObjectContext): CoreApplied {
  const { instructions } = spec;
  if (!instructions.some(({ ref }) => ref?.kind === "core")) return { instructions, poisoned: new Map() };
  if (btf === undefined) throw new TypeError(`program '${spec.name}' has CO-RE relocations, but its object has no BTF`);
  return applyCore(instructions, btf.types(), requireVmlinux(vmlinux, `program '${spec.name}'`));
}

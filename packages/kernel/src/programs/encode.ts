/** From a program's symbolic instructions to what one kernel takes. */
import { encode, isLoadImm64, layout } from "@sonde/bpf/asm";
import type { CoreRelocation, Layout } from "@sonde/bpf/asm";
import { programInfo } from "@sonde/bpf/btf";
import type { Btf, ProgramInfo } from "@sonde/bpf/btf";
import { applyCore, hasCandidates } from "@sonde/bpf/core";
import type { CoreApplied, Resolutions } from "@sonde/bpf/core";
import type { ProgramSpec } from "@sonde/bpf/spec";
import type { TargetProgram } from "./attach-target.ts";
import { requireVmlinux } from "./kernel-types.ts";
import type { KernelTypes, Vmlinux } from "./kernel-types.ts";
import { linkReferences } from "./references.ts";
import type { Linkage } from "./references.ts";

/** The object that programs belong to, as far as it is loaded already. */
export interface ObjectContext {
  readonly license: string;
  /** The descriptor of a map of the object; throws if there is none of this name. */
  readonly mapFd: (name: string) => number;
  /** The object's own BTF; absent if it has none. */
  readonly btf: ObjectBtf | undefined;
  readonly vmlinux: Vmlinux;
  /** The same types and those of modules; only the kernel's own if absent. */
  readonly kernelTypes?: KernelTypes;
  /** CO-RE is against these types instead, for kernels that do not tell theirs. */
  readonly coreTypes?: Btf;
  /** CO-RE relocations that programs of the object have had resolved. */
  readonly resolutions?: Resolutions;
  /** What instructions refer to outside of the object; nothing if absent. */
  readonly linkage?: Linkage;
  /** Other programs, by the name of the one that replaces or traces their functions. */
  readonly targetPrograms?: Readonly<Record<string, TargetProgram>>;
  /** LINUX_VERSION_CODE that the object says it is for. */
  readonly version?: number;
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
  /** Why an instruction (by its index in the layout) cannot work on this kernel, from its relocation. */
  readonly poisoned: ReadonlyMap<number, string>;
}

/**
 * CO-RE relocations applied, kernel symbols and labels resolved, maps put in.
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

function relocate(spec: ProgramSpec, object: ObjectContext): CoreApplied {
  const core = relocateCore(spec, object);
  if (object.linkage === undefined) return core;
  const linked = linkReferences(core.instructions, object.linkage);
  if (linked.poisoned.size === 0) return { instructions: linked.instructions, poisoned: core.poisoned };
  return { instructions: linked.instructions, poisoned: merged(core, linked) };
}

/** Both steps' reasons by their index after the second: an instruction of two slots became two calls there. */
function merged(core: CoreApplied, linked: CoreApplied): Map<number, string> {
  const all = new Map(linked.poisoned);
  let added = 0;
  for (const [index] of core.instructions.entries()) {
    const reason = core.poisoned.get(index);
    if (reason !== undefined) all.set(index + added, reason);
    if (linked.poisoned.has(index + added) && isLoadImm64(core.instructions[index]!.opcode)) added++;
  }
  return all;
}

function relocateCore(spec: ProgramSpec, object: ObjectContext): CoreApplied {
  const { instructions } = spec;
  const { btf } = object;
  if (!instructions.some(({ ref }) => ref?.kind === "core")) return { instructions, poisoned: new Map() };
  if (btf === undefined) throw new TypeError(`program '${spec.name}' has CO-RE relocations, but its object has no BTF`);
  return applyCore(instructions, btf.types(), coreTarget(`program '${spec.name}'`, object, btf), object.resolutions);
}

/** Types that the kernel itself does not have are looked for in its modules. */
function coreTarget(
  subject: string,
  object: ObjectContext,
  btf: ObjectBtf,
): Btf | ((relocation: CoreRelocation) => Btf) {
  const { coreTypes, kernelTypes } = object;
  if (coreTypes !== undefined) return coreTypes;
  const vmlinux = requireVmlinux(object.vmlinux, subject);
  if (kernelTypes === undefined) return vmlinux;
  return ({ typeId }) => {
    if (hasCandidates(btf.types(), typeId, vmlinux)) return vmlinux;
    for (const module of kernelTypes.modules(subject)) {
      if (hasCandidates(btf.types(), typeId, module.btf)) return module.btf;
    }
    return vmlinux;
  };
}

/**
 * struct_ops: a struct of the kernel's (tcp_congestion_ops) that an object fills in, programs in the
 * place of functions. The object has it as clang laid it out; the kernel wants its own layout, member
 * by member, inside of a `struct bpf_struct_ops_NAME`.
 */
import { essentialName } from "@sonde/bpf/core";
import { isComposite, resolve, sizeOf } from "@sonde/bpf/btf";
import type { Btf, BtfMember, Composite } from "@sonde/bpf/btf";
import type { MapSpec } from "@sonde/bpf/spec";
import { BpfMap } from "../maps/map.ts";
import type { AttachPoint } from "../programs/attach-point.ts";
import type { FoundType, KernelTypes, ModuleTypes } from "../programs/kernel-types.ts";
import { mapCreate } from "../sys/bpf/map-commands.ts";
import { MapFlag, MapTypeId } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError, UnsupportedFeatureError } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";

/** A struct_ops map's value, and where programs' descriptors go. */
export interface StructOps {
  readonly spec: MapSpec;
  /** In the kernel's BTF, or that of `module`: the wrapping struct, which is the map's value. */
  readonly valueTypeId: number;
  /** Who offers it, if not the kernel itself. */
  readonly module?: ModuleTypes;
  readonly value: Uint8Array;
  readonly functions: readonly { readonly program: string; readonly valueOffset: number }[];
  /** How each program must be loaded: for the kernel's struct, by the member's index. */
  readonly points: ReadonlyMap<string, AttachPoint>;
}

/** Errors: UnsupportedFeatureError where neither the kernel nor a loaded module has such struct_ops; TypeError for members that do not fit. */
export function structOpsOf(spec: MapSpec, local: Btf, types: KernelTypes): StructOps {
  const subject = `struct_ops map '${spec.name}'`;
  const fail = (problem: string): never => {
    throw new TypeError(`${subject}: ${problem}`);
  };
  const own = resolve(local, spec.valueTypeId);
  if (!isComposite(own) || spec.data === undefined) return fail("it has no struct for its value");
  const name = essentialName(own.name);
  const { btf, id: valueTypeId, module } = wrapperOf(name, types, subject);
  const wrapper = btf.type(valueTypeId) as Composite;
  const held = wrapper.members.find(({ type }) => isStruct(btf, type, name));
  if (held === undefined) return fail(`the kernel's struct bpf_struct_ops_${name} does not hold a struct ${name}`);
  const kernelStruct = resolve(btf, held.type) as Composite;
  const dataAt = held.bitOffset;

  const value = new Uint8Array(wrapper.size);
  const programs = new Map((spec.references ?? []).map((reference) => [reference.at, reference.name]));
  const functions: { program: string; valueOffset: number }[] = [];
  const points = new Map<string, AttachPoint>();
  for (const member of own.members) {
    const from = byteOffset(member, fail);
    const size = sizeOf(local, member.type);
    const bytes = spec.data.subarray(from, from + size);
    const index = kernelStruct.members.findIndex((candidate) => candidate.name === essentialName(member.name));
    const theirs = kernelStruct.members[index];
    const program = programs.get(from);
    if (theirs === undefined) {
      if (program !== undefined || bytes.some((byte) => byte !== 0))
        fail(`this kernel's struct ${name} has no member '${member.name}', and it is set`);
      continue;
    }
    const valueOffset = dataAt / 8 + byteOffset(theirs, fail);
    if (resolve(local, member.type).kind === "ptr") {
      if (program === undefined) continue;
      functions.push({ program, valueOffset });
      points.set(program, {
        expectedAttachType: index,
        btfTarget: { name, kind: "struct", ...(module !== undefined && { module: module.name }) },
        targets: [],
      });
    } else {
      if (sizeOf(btf, theirs.type) !== size)
        fail(`member '${member.name}' has ${size} bytes, in this kernel's struct ${name} ${sizeOf(btf, theirs.type)}`);
      value.set(bytes, valueOffset);
    }
  }
  return { spec, valueTypeId, ...(module !== undefined && { module }), value, functions, points };
}

function wrapperOf(name: string, types: KernelTypes, subject: string): FoundType {
  const wrapper = `bpf_struct_ops_${name}`;
  const found = types.find(wrapper, "struct", subject);
  if (found !== undefined) return found;
  throw new UnsupportedFeatureError(
    `struct_ops of ${name}`,
    undefined,
    `neither the kernel nor a loaded module has a struct ${wrapper}`,
  );
}

function isStruct(btf: Btf, id: number, name: string): boolean {
  const type = resolve(btf, id);
  return type.kind === "struct" && type.name === name;
}

function byteOffset({ name, bitOffset, bitSize }: BtfMember, fail: (problem: string) => never): number {
  return bitSize > 0 ? fail(`member '${name}' is a bit field`) : bitOffset / 8;
}

/**
 * Creates the map; it has no value until it is registered. `btfFd` is the object's BTF, which the kernel insists on.
 * Where links of struct_ops are not known yet (before 6.4), it is one that is registered by itself.
 */
export function createStructOps(kernel: Kernel, structOps: StructOps, btfFd: number): BpfMap {
  const { spec, value } = structOps;
  const size = { keySize: 4, valueSize: value.length };
  const created = (flags: number): BpfMap => {
    const own = { ...spec, flags };
    const fd = create(kernel, { ...structOps, spec: own }, btfFd, size);
    const layout = { ...size, cpus: 1, stride: value.length, entrySize: value.length };
    return new BpfMap(kernel, fd, { ...own, ...size }, layout);
  };
  try {
    return created(spec.flags);
  } catch (error) {
    const mayBeLink = error instanceof KernelError && error.errno === Errno.EINVAL && (spec.flags & MapFlag.LINK) !== 0;
    if (!mayBeLink) throw error;
    return created(spec.flags & ~MapFlag.LINK);
  }
}

function create(
  kernel: Kernel,
  { spec, valueTypeId, module }: StructOps,
  btfFd: number,
  size: { readonly keySize: number; readonly valueSize: number },
): FileDescriptor {
  try {
    return mapCreate(kernel, {
      ...size,
      type: MapTypeId.struct_ops,
      maxEntries: 1,
      flags: module === undefined ? spec.flags : spec.flags | MapFlag.VTYPE_BTF_OBJ_FD,
      name: spec.name,
      btf: { fd: btfFd, keyTypeId: 0, valueTypeId: 0 },
      vmlinuxValueTypeId: valueTypeId,
      ...(module !== undefined && { moduleBtfFd: module.fd }),
    });
  } catch (error) {
    const unknown = error instanceof KernelError && (error.errno === Errno.EINVAL || error.errno === Errno.E2BIG);
    if (module === undefined || !unknown) throw error;
    throw new UnsupportedFeatureError(
      `struct_ops of modules (here ${module.name})`,
      "6.9",
      `BPF_MAP_CREATE answers ${error.code}`,
      { cause: error },
    );
  }
}

/** The value with programs' descriptors in it; functions whose program was not loaded stay null. */
export function filledValue(
  { value, functions }: StructOps,
  programFd: (name: string) => number | undefined,
): Uint8Array {
  const filled = value.slice();
  const view = new DataView(filled.buffer);
  for (const { program, valueOffset } of functions)
    view.setBigUint64(valueOffset, BigInt(programFd(program) ?? 0), true);
  return filled;
}

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
import type { KernelTypes } from "../programs/kernel-types.ts";
import { mapCreate } from "../sys/bpf/map-commands.ts";
import { MapTypeId } from "../sys/constants.ts";
import { UnsupportedFeatureError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";

/** A struct_ops map's value, and where programs' descriptors go. */
export interface StructOps {
  readonly spec: MapSpec;
  /** In the kernel's BTF: the wrapping struct, which is the map's value. */
  readonly valueTypeId: number;
  readonly value: Uint8Array;
  readonly functions: readonly { readonly program: string; readonly valueOffset: number }[];
  /** How each program must be loaded: for the kernel's struct, by the member's index. */
  readonly points: ReadonlyMap<string, AttachPoint>;
}

/** Errors: UnsupportedFeatureError where the kernel has no such struct_ops; TypeError for members that do not fit. */
export function structOpsOf(spec: MapSpec, local: Btf, types: KernelTypes): StructOps {
  const subject = `struct_ops map '${spec.name}'`;
  const fail = (problem: string): never => {
    throw new TypeError(`${subject}: ${problem}`);
  };
  const own = resolve(local, spec.valueTypeId);
  if (!isComposite(own) || spec.data === undefined) return fail("it has no struct for its value");
  const name = essentialName(own.name);
  const vmlinux = types.vmlinux(subject);
  const kernelId = vmlinux.find(name, "struct")[0];
  const wrapperId = vmlinux.find(`bpf_struct_ops_${name}`, "struct")[0];
  if (kernelId === undefined || wrapperId === undefined) {
    throw new UnsupportedFeatureError(
      `struct_ops of ${name}`,
      undefined,
      `the kernel's types have no struct bpf_struct_ops_${name}`,
    );
  }
  const kernelStruct = vmlinux.type(kernelId) as Composite;
  const wrapper = vmlinux.type(wrapperId) as Composite;
  const dataAt = wrapper.members.find(({ type }) => type === kernelId)?.bitOffset;
  if (dataAt === undefined) return fail(`the kernel's struct bpf_struct_ops_${name} does not hold a struct ${name}`);

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
      points.set(program, { expectedAttachType: index, btfTarget: { name, kind: "struct" }, targets: [] });
    } else {
      if (sizeOf(vmlinux, theirs.type) !== size)
        fail(
          `member '${member.name}' has ${size} bytes, in this kernel's struct ${name} ${sizeOf(vmlinux, theirs.type)}`,
        );
      value.set(bytes, valueOffset);
    }
  }
  return { spec, valueTypeId: wrapperId, value, functions, points };
}

function byteOffset({ name, bitOffset, bitSize }: BtfMember, fail: (problem: string) => never): number {
  return bitSize > 0 ? fail(`member '${name}' is a bit field`) : bitOffset / 8;
}

/** Creates the map; it has no value until it is registered. `btfFd` is the object's BTF, which the kernel insists on. */
export function createStructOps(kernel: Kernel, { spec, valueTypeId, value }: StructOps, btfFd: number): BpfMap {
  const size = { keySize: 4, valueSize: value.length };
  const fd = mapCreate(kernel, {
    ...size,
    type: MapTypeId.struct_ops,
    maxEntries: 1,
    flags: spec.flags,
    name: spec.name,
    btf: { fd: btfFd, keyTypeId: 0, valueTypeId: 0 },
    vmlinuxValueTypeId: valueTypeId,
  });
  return new BpfMap(
    kernel,
    fd,
    { ...spec, ...size },
    { ...size, cpus: 1, stride: value.length, entrySize: value.length },
  );
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

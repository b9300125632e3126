/** The BTF that local storages cannot be made without, for those whose specification has none: `int` and bytes. */
import { BtfBuilder } from "@sonde/bpf/btf";
import type { MapSpec } from "@sonde/bpf/spec";
import { btfLoad } from "../sys/bpf/btf-commands.ts";
import type { MapCreateRequest } from "../sys/bpf/map-commands.ts";
import { checked } from "../sys/errors.ts";
import { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";

/** Close `fd` when the map has been made. */
export function makeTypes(
  kernel: Kernel,
  { name, valueSize }: MapSpec,
): { readonly fd: FileDescriptor; readonly request: NonNullable<MapCreateRequest["btf"]> } {
  const builder = new BtfBuilder();
  const keyTypeId = builder.int("int", 4, "signed");
  const valueTypeId = builder.array(builder.int("unsigned char", 1, "unsigned"), valueSize);
  const result = checked(btfLoad(kernel, builder.encode()), "BPF_BTF_LOAD", `the types of map '${name}'`);
  const fd = new FileDescriptor(result);
  return { fd, request: { fd: fd.fd, keyTypeId, valueTypeId } };
}

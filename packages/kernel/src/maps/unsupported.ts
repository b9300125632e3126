/** Why a map could not be made: the kernel answers EINVAL to whatever it does not know. */
import type { MapSpec } from "@sonde/bpf/spec";
import { mapTypeSupport } from "../features/map-types.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError, UnsupportedFeatureError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";

/** `error`, or an UnsupportedFeatureError if not even the simplest map of this type can be made. */
export function explained(kernel: Kernel, { name, type }: MapSpec, error: unknown): unknown {
  if (!(error instanceof KernelError) || (error.errno !== Errno.EINVAL && error.errno !== Errno.EOPNOTSUPP))
    return error;
  const support = mapTypeSupport(kernel, type);
  if (support === undefined || support.verdict.supported) return error;
  return new UnsupportedFeatureError(
    `maps of type ${type}`,
    support.since,
    `BPF_MAP_CREATE of map '${name}' answers ${error.code}`,
    { cause: error },
  );
}

/** Whose events a command looks at, and the names of who they are. Loaded only if one of the two is asked for. */
import type { FilterView, ObjectSpec, Target } from "@sonde/bpf/spec";
import { IdentityService } from "@sonde/agent/identity";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";
import type { DecoderContext } from "@sonde/runtime/decoders";
import { say } from "./output/say.ts";

export interface FilteredObject {
  readonly spec: ObjectSpec;
  /** To be put in the place of the object's own. */
  readonly maps: Readonly<Record<string, BpfMap>>;
  /** How many cgroups are meant now; undefined where the filter is not about them. */
  readonly admitted: number | undefined;
  /** For labels. */
  readonly decoders: DecoderContext;
  close(): void;
}

/**
 * The object for the tasks that a filter means, with ids of cgroups of the tree that containers live in.
 * Errors: FilterError for programs without a task; Error where there are no cgroups; those of the kernel.
 */
export function filteredObject(
  spec: ObjectSpec,
  filter: FilterView | undefined,
  kernel: Kernel,
  target: Target,
): FilteredObject {
  const log = (level: "info" | "warn", message: string): void => {
    if (level === "warn") say(`${message}\n`);
  };
  const service = new IdentityService({ kernel, target, kubernetes: { source: "auto" }, root: "", log });
  try {
    const prepared = service.prepare(spec, filter);
    const gate = service.gate(filter);
    return {
      spec: prepared,
      maps: gate?.maps ?? {},
      admitted: gate?.admitted,
      decoders: service.decoders,
      close: () => {
        gate?.close();
        service.stop();
      },
    };
  } catch (error) {
    service.stop();
    throw error;
  }
}

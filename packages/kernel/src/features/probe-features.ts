/** Everything that Sonde wants to know of a kernel, as a table. */
import { attachmentFeatures } from "./attachments.ts";
import { btfKindFeatures } from "./btf-kinds.ts";
import type { Feature, ProbeContext } from "./feature.ts";
import { helperFeatures } from "./helpers.ts";
import { instructionSetFeatures } from "./instruction-set.ts";
import { kfuncFeatures } from "./kfuncs.ts";
import { kernelFeatures } from "./kernel-state.ts";
import { mapTypeFeatures } from "./map-types.ts";
import { programTypeFeatures } from "./program-types.ts";
import { RememberedAnswers } from "./remembered.ts";
import { reasonOf } from "./trial.ts";
import type { Cache } from "../target/cache.ts";

export type FeatureGroup = "kernel" | "attachment" | "helper" | "map type" | "program type" | "BTF" | "kernel function";

/** One thing that this kernel can or can't do. */
export interface FeatureRow {
  readonly group: FeatureGroup;
  readonly name: string;
  /** The first Linux release that has it. */
  readonly since: string;
  readonly supported: boolean;
  /** Why not, or under which condition; "" where there is nothing to say. */
  readonly note: string;
}

/** Tries all of it, now: some 100 programs and maps that exist for a moment. Needs root. */
export function probeFeatures(context: ProbeContext): FeatureRow[] {
  const groups: readonly (readonly [FeatureGroup, readonly Feature[]])[] = [
    ["kernel", [...kernelFeatures(), ...instructionSetFeatures()]],
    ["attachment", attachmentFeatures()],
    ["helper", helperFeatures()],
    ["map type", mapTypeFeatures()],
    ["program type", programTypeFeatures()],
    ["BTF", btfKindFeatures()],
    ["kernel function", kfuncFeatures()],
  ];
  return groups.flatMap(([group, features]) => features.map((feature) => row(group, feature, context)));
}

/** {@link probeFeatures} once for each build of the kernel and each set of privileges; later answers come from the cache. */
export function rememberedFeatures(context: ProbeContext, cache: Cache): readonly FeatureRow[] {
  return new RememberedAnswers(cache, "all-features", isRows).ask("rows", () => probeFeatures(context));
}

function isRows(value: unknown): value is FeatureRow[] {
  return (
    Array.isArray(value) &&
    value.every(
      (entry: Partial<FeatureRow> | null) => typeof entry?.name === "string" && typeof entry.supported === "boolean",
    )
  );
}

function row(group: FeatureGroup, { name, since, probe }: Feature, context: ProbeContext): FeatureRow {
  try {
    const { supported, note = "" } = probe(context);
    return { group, name, since, supported, note };
  } catch (error) {
    return { group, name, since, supported: false, note: reasonOf(error) };
  }
}

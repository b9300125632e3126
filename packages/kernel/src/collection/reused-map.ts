/** A map that exists already, in the place of one that an object defines. */
import type { Btf } from "@sonde/bpf/btf";
import type { MapSpec } from "@sonde/bpf/spec";
import { type MapDifference, mapDifferences, MapMismatchError, type MapTypesText } from "../maps/compare.ts";
import { type MapInfo, mapInfo } from "../maps/info.ts";
import type { BpfMap } from "../maps/map.ts";
import { adoptMap } from "../maps/open.ts";
import { completed } from "../maps/request.ts";
import { duplicated } from "../sys/duplicate.ts";
import type { Kernel } from "../sys/kernel.ts";
import { pageSize } from "../sys/page-size.ts";

/**
 * The map with a descriptor of its own, so that both owners may close theirs.
 *
 * Errors: MapMismatchError that lists what differs from the specification.
 */
export function reusedMap(
  kernel: Kernel,
  spec: MapSpec,
  fd: number,
  types: Btf | undefined,
  known?: MapTypesText,
): BpfMap {
  const subject = `map '${spec.name}' (${spec.type})`;
  const differences = differencesFrom(kernel, spec, mapInfo(kernel, fd, subject), types, known);
  if (differences.length > 0) throw new MapMismatchError(subject, `descriptor ${fd}`, differences);
  return adoptMap(kernel, duplicated(kernel, fd, subject), subject, spec.name);
}

/**
 * Why a map that exists cannot take the place of the one that an object defines; empty if it can.
 * @param known its types, where somebody has written them down; else the kernel is asked
 */
export function differencesFrom(
  kernel: Kernel,
  spec: MapSpec,
  found: MapInfo,
  types: Btf | undefined,
  known?: MapTypesText,
): readonly MapDifference[] {
  const wanted = completed(spec, { possibleCpus: () => kernel.possibleCpus(), pageSize: pageSize() });
  return mapDifferences(kernel, wanted, found, types, known);
}

/** Whether a map that exists can stand for one that is wanted, and if not, why. */
import { BtfReader, layoutText } from "@sonde/bpf/btf";
import type { Btf, TypeId } from "@sonde/bpf/btf";
import type { MapSpec } from "@sonde/bpf/spec";
import { btfBytes } from "../sys/bpf/btf-commands.ts";
import { objectById } from "../sys/bpf/object-commands.ts";
import { MapFlag } from "../sys/constants.ts";
import type { Kernel } from "../sys/kernel.ts";
import type { MapInfo } from "./info.ts";

export interface MapDifference {
  /** "max entries", "layout of the value". */
  readonly attribute: string;
  readonly wanted: string;
  readonly found: string;
}

/** A pinned map is not what is wanted. */
export class MapMismatchError extends Error {
  override readonly name: string = "MapMismatchError";
  readonly differences: readonly MapDifference[];

  constructor(subject: string, path: string, differences: readonly MapDifference[]) {
    const list = differences.map(({ attribute, wanted, found }) => `  ${attribute}: wanted ${wanted}, found ${found}`);
    super(
      `${subject} cannot use what is pinned at ${path}, since it differs:\n${list.join("\n")}\nRemove the pin, or choose another path.`,
    );
    this.differences = differences;
  }
}

/** Only matter for the descriptor that the map was made with. */
const OF_DESCRIPTOR = MapFlag.RDONLY | MapFlag.WRONLY;

/** Everything that differs; `spec` must be complete, as createMap makes it, and `types` what its ids belong to. */
export function mapDifferences(kernel: Kernel, spec: MapSpec, found: MapInfo, types?: Btf): readonly MapDifference[] {
  const plain: readonly (readonly [attribute: string, wanted: unknown, found: unknown])[] = [
    ["type", spec.type, found.type],
    ["key size", spec.keySize, found.keySize],
    ["value size", spec.valueSize, found.valueSize],
    ["max entries", entriesOf(kernel, spec), found.maxEntries],
    ["flags", hex(spec.flags & ~OF_DESCRIPTOR), hex(found.flags & ~(OF_DESCRIPTOR | addedFlags(spec)))],
    ["map_extra", spec.extra ?? 0n, found.extra],
  ];
  const differences = plain.filter(([, wanted, have]) => wanted !== have);
  return [
    ...differences.map(([attribute, wanted, have]) => ({ attribute, wanted: String(wanted), found: String(have) })),
    ...layoutDifferences(kernel, spec, found, types),
  ];
}

/** LRU hashes with lists for each CPU have as many entries on each. */
function entriesOf(kernel: Kernel, { flags, maxEntries }: MapSpec): number {
  if ((flags & MapFlag.NO_COMMON_LRU) === 0) return maxEntries;
  const cpus = kernel.possibleCpus().length;
  return Math.ceil(maxEntries / cpus) * cpus;
}

/** The kernel makes device maps read-only for programs by itself. */
function addedFlags({ type, flags }: MapSpec): number {
  return type === "devmap" || type === "devmap_hash" ? MapFlag.RDONLY_PROG & ~flags : 0;
}

/** Where one of the two has no types, sizes have to do. */
function layoutDifferences(
  kernel: Kernel,
  spec: MapSpec,
  found: MapInfo,
  types: Btf | undefined,
): readonly MapDifference[] {
  if (types === undefined || found.btfId === 0) return [];
  using fd = objectById(kernel, "btf", found.btfId);
  if (fd === undefined) return [];
  const others = new BtfReader(btfBytes(kernel, fd.fd, `BTF ${found.btfId}`));
  const compare = (attribute: string, wanted: TypeId, have: TypeId): readonly MapDifference[] => {
    if (wanted === 0 || have === 0) return [];
    const difference = { attribute, wanted: layoutText(types, wanted), found: layoutText(others, have) };
    return difference.wanted === difference.found ? [] : [difference];
  };
  return [
    ...compare("layout of the key", spec.keyTypeId, found.keyTypeId),
    ...compare("layout of the value", spec.valueTypeId, found.valueTypeId),
  ];
}

function hex(flags: number): string {
  return `0x${flags.toString(16)}`;
}

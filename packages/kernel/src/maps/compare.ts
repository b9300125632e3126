/** Whether a map that exists can stand for one that is wanted, and if not, why. */
import { BtfReader, layoutText } from "@sonde/bpf/btf";
import type { Btf } from "@sonde/bpf/btf";
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

/** The types of a map's key and value as {@link layoutText} writes them, where they are known. */
export interface MapTypesText {
  readonly key?: string;
  readonly value?: string;
}

/**
 * What a specification's types are in words. To be written down with a map that goes on: its own types can only be
 * asked for with CAP_SYS_ADMIN.
 */
export function typesText(
  types: Btf,
  { keyTypeId, valueTypeId }: Pick<MapSpec, "keyTypeId" | "valueTypeId">,
): MapTypesText {
  return {
    ...(keyTypeId !== 0 && { key: layoutText(types, keyTypeId) }),
    ...(valueTypeId !== 0 && { value: layoutText(types, valueTypeId) }),
  };
}

/**
 * Everything that differs; `spec` must be complete, as createMap makes it, and `types` what its ids belong to; `known` are the other's types, which the kernel
 * is asked for if it is not given.
 */
export function mapDifferences(
  kernel: Kernel,
  spec: MapSpec,
  found: MapInfo,
  types?: Btf,
  known?: MapTypesText,
): readonly MapDifference[] {
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
    ...(types === undefined ? [] : layoutDifferences(typesText(types, spec), known ?? typesOf(kernel, found))),
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

/** Errors: KernelError (EPERM without CAP_SYS_ADMIN). */
function typesOf(kernel: Kernel, { btfId, keyTypeId, valueTypeId }: MapInfo): MapTypesText {
  using fd = btfId === 0 ? undefined : objectById(kernel, "btf", btfId);
  if (fd === undefined) return {};
  return typesText(new BtfReader(btfBytes(kernel, fd.fd, `BTF ${btfId}`)), { keyTypeId, valueTypeId });
}

/** Where one of the two has no types, sizes have to do. */
function layoutDifferences(wanted: MapTypesText, found: MapTypesText): readonly MapDifference[] {
  const compare = (attribute: string, want?: string, have?: string): readonly MapDifference[] =>
    want === undefined || have === undefined || want === have ? [] : [{ attribute, wanted: want, found: have }];
  return [
    ...compare("layout of the key", wanted.key, found.key),
    ...compare("layout of the value", wanted.value, found.value),
  ];
}

function hex(flags: number): string {
  return `0x${flags.toString(16)}`;
}

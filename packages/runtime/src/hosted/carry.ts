/** Which maps of the version that runs go on in the next one. */
import { BtfReader } from "@sonde/bpf/btf";
import type { Manifest, MapSpec, MapType, ObjectSpec } from "@sonde/bpf/spec";
import { differencesFrom } from "@sonde/kernel/collection";
import { type BpfMap, type MapTypesText, typesText } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";

/** A map whose contents are not those of the version before. */
export interface StartedAnew {
  readonly map: string;
  readonly why: string;
}

export interface Carried {
  /** By the MapSpec's name. */
  readonly maps: ReadonlyMap<string, BpfMap>;
  /** Nothing but their size has changed. */
  readonly resized: readonly string[];
  readonly anew: readonly StartedAnew[];
}

/** What goes on if the next version wants it to. */
export interface RunningMaps {
  readonly maps: ReadonlyMap<string, BpfMap>;
  /** By the maps' names; what is missing is asked of the kernel. */
  readonly types: KnownTypes;
}

export type KnownTypes = Readonly<Record<string, MapTypesText>>;

/** The types of an object's maps, by their names. */
export function knownTypes({ btf, maps }: Pick<ObjectSpec, "btf" | "maps">): KnownTypes {
  if (btf.length === 0) return {};
  const types = new BtfReader(btf);
  return Object.fromEntries(maps.map((map) => [map.name, typesText(types, map)]));
}

/** Whose entries can be read and written one by one. */
const RESIZABLE: ReadonlySet<MapType> = new Set([
  ...(["hash", "percpu_hash", "lru_hash", "lru_percpu_hash"] as const),
  ...(["array", "percpu_array"] as const),
]);

/** BPF_F_RDONLY_PROG: constants, which are the version's own. */
const RDONLY_PROG = 1 << 7;

/**
 * A map goes on if its name, type, flags, size and the BTF layout of its key and value are unchanged. If only
 * its size is another, its contents do (see resize.ts).
 * Constants, maps that hold a version's programs or maps, what a version knows of processes' code, and rings (see
 * {@link sameEvents}) do not.
 */
export function carriedMaps(kernel: Kernel, spec: ObjectSpec, { maps: running, types: known }: RunningMaps): Carried {
  const types = spec.btf.length === 0 ? undefined : new BtfReader(spec.btf);
  const maps = new Map<string, BpfMap>();
  const resized: string[] = [];
  const anew: StartedAnew[] = [];
  const unwinding = new Set(Object.values(spec.manifest.unwind ?? {}));
  for (const wanted of spec.maps) {
    const existing = running.get(wanted.name);
    if (existing === undefined || !mayCarry(wanted) || unwinding.has(wanted.name)) continue;
    const differences = differencesFrom(kernel, wanted, existing.info(), types, known[wanted.name]);
    if (differences.length === 0) maps.set(wanted.name, existing);
    else if (RESIZABLE.has(wanted.type) && differences.every(({ attribute }) => attribute === "max entries"))
      resized.push(wanted.name);
    else
      anew.push({
        map: wanted.name,
        why: differences.map(({ attribute, wanted: to, found }) => `${attribute}: ${found} became ${to}`).join("; "),
      });
  }
  return { maps, resized, anew };
}

function mayCarry({ type, flags, references = [], pinning }: MapSpec): boolean {
  return (
    type !== "ringbuf" &&
    type !== "struct_ops" &&
    (flags & RDONLY_PROG) === 0 &&
    references.length === 0 &&
    pinning === undefined
  );
}

/** What of a version must be known to go on with its maps and its ring. */
export interface LeftSpec {
  readonly manifest: Pick<Manifest, "maps" | "events" | "ring" | "losses">;
  readonly maps: readonly Pick<MapSpec, "name" | "maxEntries">[];
}

/** Whether both versions write the same records into a ring of the same size: then it goes on too. */
export function sameEvents(before: LeftSpec, after: LeftSpec): boolean {
  const text = ({ manifest: { events, ring }, maps }: LeftSpec): string =>
    JSON.stringify([events, ring, maps.find(({ name }) => name === ring)?.maxEntries]);
  return text(before) === text(after);
}

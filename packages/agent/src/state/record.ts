/** What is kept of one monitor. */
import type { ParamValue } from "@sonde/runtime/params";
import type { Manifest, MapSpec } from "@sonde/bpf/spec";
import * as v from "valibot";

export interface MonitorRecord {
  /** What a user asked for; absent: what the file says. */
  readonly wanted?: "on" | "off";
  /** Why its budget has stopped it; absent unless it has. */
  readonly tripped?: string;
  /** Values of parameters that a user has set. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Digest of the directory's file when it was last looked at: another one is a new version. Absent: it has none there. */
  readonly seen?: string;
  /** The version that runs, or whose figures are kept. */
  readonly current?: VersionRecord;
  /** Where a roll-back leads. */
  readonly previous?: VersionRecord;
  /** Whether the current version has proven itself. */
  readonly settled: boolean;
  /** How often an agent has started with the current version before it was settled. */
  readonly attempts: number;
}

export interface VersionRecord {
  /** Of the files in the store. */
  readonly digest: string;
  /** Counts deployments; names the pins. */
  readonly number: number;
  /** ISO 8601. */
  readonly since: string;
  readonly created: Readonly<Record<string, number>>;
  /** How many places it is attached to. */
  readonly places: number;
  /** How many maps hold what each map, by its name, counted before it had its present size. */
  readonly bases?: Readonly<Record<string, number>>;
  /** The types of maps' keys and values, by the maps' names. */
  readonly types?: Readonly<Record<string, { readonly key?: string; readonly value?: string }>>;
  readonly manifest: Pick<Manifest, "maps" | "events" | "ring" | "losses">;
  readonly maps: readonly Pick<MapSpec, "name" | "maxEntries">[];
}

export const NEW_RECORD: MonitorRecord = { params: {}, settled: true, attempts: 0 };

const version = v.looseObject({
  digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  since: v.string(),
  created: v.record(v.string(), v.number()),
  places: v.number(),
  types: v.optional(
    v.record(v.string(), v.looseObject({ key: v.optional(v.string()), value: v.optional(v.string()) })),
  ),
  bases: v.optional(v.record(v.string(), v.number())),
  manifest: v.looseObject({ maps: v.array(v.looseObject({})), events: v.array(v.looseObject({})) }),
  maps: v.array(v.looseObject({ name: v.string(), maxEntries: v.number() })),
});

const record = v.looseObject({
  wanted: v.optional(v.picklist(["on", "off"])),
  tripped: v.optional(v.string()),
  params: v.record(v.string(), v.union([v.number(), v.boolean(), v.string()])),
  seen: v.optional(v.string()),
  current: v.optional(version),
  previous: v.optional(version),
  settled: v.boolean(),
  attempts: v.number(),
});

/** @throws {Error} it is no record */
export function checkRecord(input: unknown): MonitorRecord {
  return v.parse(record, input) as unknown as MonitorRecord;
}

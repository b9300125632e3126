/** One version of a hosted object: what is loaded, and the reading of its events. */
import type { ObjectSpec } from "@sonde/bpf/spec";
import type { Collection } from "@sonde/kernel/collection";
import { type HookPlace, hookPlaces } from "@sonde/kernel/handover";
import type { BpfMap } from "@sonde/kernel/maps";
import { Ring } from "@sonde/kernel/rings";
import type { Kernel } from "@sonde/kernel/sys";
import type { Sink } from "../print/sink.ts";
import { type Bases, closeBases, type ReadableMap, withBases } from "./bases.ts";
import { type KnownTypes, knownTypes } from "./carry.ts";
import { eventHandlers } from "../session/events.ts";
import { type LiveMaps, MapReaders } from "../session/maps.ts";
import { Pump } from "../session/pump.ts";
import { Unwinder } from "../unwind/unwinder.ts";
import { writeStart } from "../session/start-time.ts";

/** What is done with events. */
export interface EventReceiver {
  readonly sink: Sink;
  /** Formats the present time, for time(). */
  readonly clock: (format: string) => string;
  /** A program called exit(). */
  readonly exit: (code: number) => void;
  /** An event could not be handled; no more of that version are read. */
  readonly fail: (error: unknown) => void;
}

/** Milliseconds between looks at a ring that nothing came through for a while. */
const SLOWEST = 100;

/** The ring of a version, and who empties it and does what programs ask for by it. */
export function eventPump(
  kernel: Kernel,
  live: LiveMaps & { readonly manifest: Pick<ObjectSpec["manifest"], "maps" | "events" | "ring" | "unwind"> },
  receiver: EventReceiver,
): EventPump | undefined {
  const { events, ring, unwind } = live.manifest;
  if (ring === undefined) return undefined;
  const map = live.map(ring);
  const unwinder = unwind && new Unwinder(kernel, unwind, (name) => live.map(name));
  const handlers = eventHandlers(events, {
    ...receiver,
    maps: new MapReaders(live),
    unwindProcess: (pid, mm) => unwinder?.want(pid, mm),
  });
  const reader = new Ring(kernel, map);
  const pump = new Pump({
    ring: { reader, size: map.maxEntries },
    handlers,
    output: undefined,
    slowest: SLOWEST,
    afterRound: () => {},
    fail: receiver.fail,
  });
  return {
    start: () => pump.start(),
    stop: () => {
      pump.stop();
      unwinder?.close();
      reader.close();
    },
    finish: async () => {
      pump.stop();
      await pump.drainRest();
      unwinder?.close();
      reader.close();
    },
  };
}

export interface EventPump {
  start(): void;
  /** Stops reading; what is in the ring stays there. */
  stop(): void;
  /** Reads what is left and stops. Only when nothing produces any more. */
  finish(): Promise<void>;
}

export interface Companion {
  close(): void;
}

export class Version {
  readonly number: number;
  readonly spec: ObjectSpec;
  readonly collection: Collection;
  readonly places: readonly HookPlace[];
  /** Since when each map's contents count, in milliseconds since 1970, by the MapSpec's name. */
  readonly created: ReadonlyMap<string, number>;
  /** What maps of sums held before they had their present sizes. */
  bases: Bases = new Map();
  /** Maps of the version before whose contents went on in others of other sizes, and whether by {@link bases}. */
  readonly resized: ReadonlyMap<string, "based" | "copied">;
  /** Empties the ring while this version or a later one with the same events runs. */
  pump: EventPump | undefined;
  /** What runs beside it as long as it is loaded. */
  companion: Companion | undefined;

  #types: KnownTypes | undefined;
  readonly #readable = new Map<string, ReadableMap>();

  constructor(
    number: number,
    spec: ObjectSpec,
    collection: Collection,
    created: ReadonlyMap<string, number>,
    resized: ReadonlyMap<string, "based" | "copied">,
  ) {
    this.number = number;
    this.resized = resized;
    this.spec = spec;
    this.collection = collection;
    this.places = hookPlaces(collection);
    this.created = created;
  }

  /** @param carried maps of the version before, which have begun already */
  begin(carried: ReadonlyMap<string, BpfMap>): void {
    const { start } = this.spec.manifest;
    if (start !== undefined && !carried.has(start)) writeStart(this.collection.map(start));
    this.#run("begin");
  }

  end(): void {
    this.#run("end");
  }

  #run(when: "begin" | "end"): void {
    for (const { program, target } of this.collection.attachments())
      if (target.kind === "run" && target.when === when) program.testRun();
  }

  /** The types of its maps, by their names. */
  get types(): KnownTypes {
    return (this.#types ??= knownTypes(this.spec));
  }

  /** A map with all that was counted in it, whatever sizes it has had. Its own is the same each time. */
  readable(name: string): ReadableMap {
    let map = this.#readable.get(name);
    if (map === undefined)
      this.#readable.set(name, (map = withBases(this.collection.map(name), this.bases.get(name) ?? [])));
    return map;
  }

  /** Other bases; those before are closed by their owner. */
  rebase(bases: Bases): void {
    this.bases = bases;
    this.#readable.clear();
  }

  close(): void {
    this.pump?.stop();
    this.companion?.close();
    this.collection.close();
    closeBases(this.bases);
  }
}

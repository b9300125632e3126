/** What the programs of one object share, whichever language they come from: names, types, events and the maps that nobody asked for. */
import {
  LOSS_COUNTERS,
  UNWIND_OUTCOMES,
  UNWIND_CHUNK_BYTES,
  UNWIND_CHUNKS,
  UNWIND_PROCESSES,
  UNWIND_RANGES,
  UNWIND_RULES,
  UnwindProcess,
  UnwindRange,
  UnwoundStack,
  type UnwindView,
  type EventAction,
  type EventView,
  type Field,
  type Manifest,
  type MapSpec,
  type Target,
} from "@sonde/bpf/spec";
import { NO_PREALLOC } from "./helpers.ts";
import { ObjectTypes } from "./object-types.ts";
import { ringBytes } from "./ring.ts";

/** Distinct stacks that one stack map holds; two of them in one bucket lose the later. */
const STACKS = 16384;
/** Bytes of one return address. */
const FRAME_BYTES = 8;
/** BPF_F_MMAPABLE: user space writes the values in place, while programs read them. */
const MMAPABLE = 1 << 10;
/** The maps that unwinding takes. */
const UNWIND: UnwindView = {
  processes: "unwind_processes",
  ranges: "unwind_ranges",
  chunks: "unwind_chunks",
  rules: "unwind_rules",
  outcomes: "unwind_outcomes",
};

export class ObjectParts {
  readonly target: Target;
  readonly types: ObjectTypes;
  readonly #internal = new Map<string, MapSpec>();
  readonly #events: EventView[] = [];
  readonly #names = new Set<string>();
  #zeroBytes = 0;
  #unwindRequest: number | undefined;

  constructor(target: Target) {
    this.target = target;
    this.types = new ObjectTypes(target);
  }

  /** A program's name from its probe's text: letters, digits and underscores, unique in the object. */
  programName(title: string): string {
    const plain = title.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_|_$/g, "") || "program";
    let name = plain;
    for (let suffix = 2; this.#names.has(name); suffix++) name = `${plain}_${suffix}`;
    this.#names.add(name);
    return name;
  }

  /** The stack map for stacks of this kind. */
  stackMap(stack: { readonly user: boolean; readonly frames: number; readonly unwound?: boolean }): string {
    if (stack.unwound === true) return this.#unwoundStackMap(stack.frames);
    const name = `${stack.user ? "ustack" : "kstack"}_${stack.frames}`;
    return this.shared({
      ...untyped(name),
      type: "stack_trace",
      keySize: 4,
      valueSize: stack.frames * FRAME_BYTES,
      maxEntries: STACKS,
    });
  }

  /** Of stacks that the program itself unwinds, by their hash: they are stored as programs' own values are. */
  #unwoundStackMap(frames: number): string {
    return this.shared({
      ...untyped(`dwstack_${frames}`),
      type: "hash",
      keySize: 8,
      valueSize: UnwoundStack.frames + frames * FRAME_BYTES,
      maxEntries: STACKS,
      flags: this.target.features.lateEntries === true ? NO_PREALLOC : 0,
    });
  }

  /** The maps by which user stacks are unwound. */
  get unwinding(): UnwindView {
    const shared = { type: "array", keySize: 4, maxEntries: 1, flags: MMAPABLE } as const;
    const { processes, ranges, chunks, rules, outcomes } = UNWIND;
    this.shared({
      ...untyped(processes),
      type: "hash",
      keySize: 4,
      valueSize: UnwindProcess.size,
      maxEntries: UNWIND_PROCESSES,
    });
    this.shared({ ...untyped(ranges), ...shared, valueSize: UNWIND_RANGES * UnwindRange.size });
    this.shared({
      ...untyped(chunks),
      type: "array_of_maps",
      keySize: 4,
      valueSize: 4,
      maxEntries: UNWIND_CHUNKS,
      inner: { ...untyped("unwind_chunk"), ...shared, valueSize: UNWIND_CHUNK_BYTES },
    });
    this.shared({ ...untyped(rules), ...shared, valueSize: UNWIND_RULES * 8 });
    this.shared({ ...untyped(outcomes), type: "percpu_array", keySize: 4, valueSize: 8, maxEntries: UNWIND_OUTCOMES });
    return UNWIND;
  }

  /** The id of the record by which a program asks for a process's code: u64 process id, u64 address of its mm. */
  get unwindRequest(): number {
    const word = { kind: "int", size: 8, signed: false } as const;
    const fields = [
      { offset: 8, type: word },
      { offset: 16, type: word },
    ];
    return (this.#unwindRequest ??= this.event({ kind: "unwindProcess" }, fields, 24));
  }

  /** The per-CPU array of loss counters. */
  get losses(): string {
    const { types } = this;
    return this.shared({
      name: "losses",
      type: "percpu_array",
      keySize: 4,
      valueSize: 8,
      maxEntries: LOSS_COUNTERS,
      flags: 0,
      keyTypeId: types.index,
      valueTypeId: types.word(false),
    });
  }

  /** The ring buffer for events; its size is known when all of them are. */
  get ring(): string {
    return this.shared({ ...untyped("events"), type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 0 });
  }

  /** Where packets go. */
  get packets(): string {
    return this.shared({
      ...untyped("packets"),
      type: "perf_event_array",
      keySize: 4,
      valueSize: 4,
      maxEntries: 0,
    });
  }

  /** An array whose first `bytes` bytes are zeros that nobody changes: what large new values start as. */
  zeros(bytes: number): string {
    this.#zeroBytes = Math.max(this.#zeroBytes, bytes);
    return "zeros";
  }

  /** An array with the moment when the session began and that of the boot; the session writes it. */
  get start(): string {
    const { types } = this;
    return this.shared({
      name: "start",
      type: "array",
      keySize: 4,
      valueSize: 16,
      maxEntries: 1,
      flags: 0,
      keyTypeId: types.index,
      valueTypeId: types.builder.array(types.word(false), 2),
    });
  }

  /** Memory of one program for what its stack can't hold. */
  addScratch(name: string, bytes: number): void {
    this.shared({ ...untyped(name), type: "percpu_array", keySize: 4, valueSize: bytes, maxEntries: 1 });
  }

  /** The id of a new kind of record. */
  event(action: EventAction, fields: readonly Field[], size: number): number {
    const id = this.#events.length;
    this.#events.push({ id, size, action, fields });
    return id;
  }

  /** Made when it is first asked for. */
  protected shared(spec: MapSpec): string {
    if (!this.#internal.has(spec.name)) this.#internal.set(spec.name, spec);
    return spec.name;
  }

  /** In the order of first use. To be called once, when all programs are lowered. */
  protected internalMaps(ringPages: number | undefined): readonly MapSpec[] {
    if (this.#zeroBytes > 0)
      this.shared({ ...untyped("zeros"), type: "array", keySize: 4, valueSize: this.#zeroBytes, maxEntries: 1 });
    return [...this.#internal.values()].map((spec) =>
      spec.type === "ringbuf" ? { ...spec, maxEntries: ringBytes(this.#events, ringPages) } : spec,
    );
  }

  /** What the manifest says of the events and of the maps behind it all. */
  protected get internalViews(): Pick<Manifest, "events" | "ring" | "packets" | "losses" | "start" | "unwind"> {
    return {
      events: this.#events,
      ...(this.#internal.has("events") ? { ring: "events" } : {}),
      ...(this.#internal.has("packets") ? { packets: "packets" } : {}),
      ...(this.#internal.has("losses") ? { losses: "losses" } : {}),
      ...(this.#internal.has("start") ? { start: "start" } : {}),
      ...(this.#internal.has(UNWIND.processes) ? { unwind: UNWIND } : {}),
    };
  }
}

function untyped(name: string): Pick<MapSpec, "name" | "flags" | "keyTypeId" | "valueTypeId"> {
  return { name, flags: 0, keyTypeId: 0, valueTypeId: 0 };
}

/** What the programs of one script share: maps, events, types and names. */
import {
  LOSS_COUNTERS,
  type EventAction,
  type EventView,
  type Field,
  type Manifest,
  type MapSpec,
  type Target,
} from "@sonde/bpf/spec";
import type { SourceText } from "../../diagnostics/index.ts";
import type { Span } from "../ast.ts";
import type { CheckedProgram, ProbeVariant, Type } from "../types.ts";
import { Positions } from "../../lowering/positions.ts";
import { ringBytes } from "../../lowering/ring.ts";
import { ObjectTypes } from "../../lowering/object-types.ts";
import { planMap, type MapPlan } from "./views.ts";

/** Distinct stacks that one stack map holds; two of them in one bucket lose the later. */
const STACKS = 16384;
/** Bytes of one return address. */
const FRAME_BYTES = 8;

/** Which programs use a map, and which maps' entries are deleted somewhere, by the maps' names. */
export interface ScriptMapUses {
  readonly users: ReadonlyMap<string, ReadonlySet<ProbeVariant>>;
  readonly deleted: ReadonlySet<string>;
}

export class ObjectBuilder {
  readonly program: CheckedProgram;
  readonly target: Target;
  readonly positions: Positions;
  readonly types: ObjectTypes;
  readonly #plans = new Map<string, MapPlan>();
  readonly #uses: ScriptMapUses;
  readonly #histogramTotals: boolean;
  readonly #internal = new Map<string, MapSpec>();
  readonly #events: EventView[] = [];
  readonly #names = new Set<string>();
  #zeroBytes = 0;

  constructor(
    program: CheckedProgram,
    target: Target,
    source: SourceText,
    uses: ScriptMapUses,
    histogramTotals: boolean,
  ) {
    this.program = program;
    this.target = target;
    this.positions = new Positions(source);
    this.types = new ObjectTypes(target);
    this.#uses = uses;
    this.#histogramTotals = histogramTotals;
  }

  /** A program's name from its probe's text: letters, digits and underscores, unique in the object. */
  programName(title: string): string {
    const plain = title.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_|_$/g, "") || "program";
    let name = plain;
    for (let suffix = 2; this.#names.has(name); suffix++) name = `${plain}_${suffix}`;
    this.#names.add(name);
    return name;
  }

  /** The layout of `@name`, planned when it is first asked for. */
  map(name: string, span: Span): MapPlan {
    let plan = this.#plans.get(name);
    if (plan === undefined) {
      const info = this.program.maps.get(name);
      if (info === undefined) throw new Error(`the checker knows no map ${name}`);
      plan = planMap(info, {
        types: this.types,
        stacks: (type) => this.stackMap(type),
        totals: this.#histogramTotals,
        shared: this.program.aggregatesRead.has(name) && this.target.features.lookupPercpu !== true,
        users: [...(this.#uses.users.get(name) ?? [])],
        lateEntries: () => this.target.features.lateEntries === true,
        span,
      });
      this.#plans.set(name, plan);
    }
    return plan;
  }

  /** The stack map for stacks of this type. */
  stackMap(type: Type & { kind: "stack" }): string {
    const name = `${type.user ? "ustack" : "kstack"}_${type.frames}`;
    return this.#shared({
      ...untyped(name),
      type: "stack_trace",
      keySize: 4,
      valueSize: type.frames * FRAME_BYTES,
      maxEntries: STACKS,
    });
  }

  /** The per-CPU array of loss counters. */
  get losses(): string {
    const { types } = this;
    return this.#shared({
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
    return this.#shared({ ...untyped("events"), type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 0 });
  }

  /** An array whose first `bytes` bytes are zeros that nobody changes: what large new values start as. */
  zeros(bytes: number): string {
    this.#zeroBytes = Math.max(this.#zeroBytes, bytes);
    return "zeros";
  }

  /** An array with the moment when the session began; the session writes it. */
  get start(): string {
    const { types } = this;
    return this.#shared({
      name: "start",
      type: "array",
      keySize: 4,
      valueSize: 8,
      maxEntries: 1,
      flags: 0,
      keyTypeId: types.index,
      valueTypeId: types.word(false),
    });
  }

  /** Whether the script deletes single entries of `@name`. */
  deletes(name: string): boolean {
    return this.#uses.deleted.has(name);
  }

  /** Memory of one program for what its stack can't hold. */
  addScratch(name: string, bytes: number): void {
    this.#shared({ ...untyped(name), type: "percpu_array", keySize: 4, valueSize: bytes, maxEntries: 1 });
  }

  /** The id of a new kind of record. */
  event(action: EventAction, fields: readonly Field[], size: number): number {
    const id = this.#events.length;
    this.#events.push({ id, size, action, fields });
    return id;
  }

  /** Every map, in the order of first use, the user's first. */
  maps(): readonly MapSpec[] {
    if (this.#zeroBytes > 0)
      this.#shared({ ...untyped("zeros"), type: "array", keySize: 4, valueSize: this.#zeroBytes, maxEntries: 1 });
    const internal = [...this.#internal.values()].map((spec) =>
      spec.type === "ringbuf" ? { ...spec, maxEntries: ringBytes(this.#events, this.program.config.ringPages) } : spec,
    );
    return [...[...this.#plans.values()].map((plan) => plan.spec), ...internal];
  }

  manifest(): Manifest {
    const { config } = this.program;
    return {
      maps: [...this.#plans.values()].map((plan) => plan.view),
      events: this.#events,
      ...(this.#internal.has("events") ? { ring: "events" } : {}),
      ...(this.#internal.has("losses") ? { losses: "losses" } : {}),
      ...(this.#internal.has("start") ? { start: "start" } : {}),
      config: { printMapsOnExit: config.printMapsOnExit, stackMode: config.stackMode },
    };
  }

  #shared(spec: MapSpec): string {
    if (!this.#internal.has(spec.name)) this.#internal.set(spec.name, spec);
    return spec.name;
  }
}

function untyped(name: string): Pick<MapSpec, "name" | "flags" | "keyTypeId" | "valueTypeId"> {
  return { name, flags: 0, keyTypeId: 0, valueTypeId: 0 };
}

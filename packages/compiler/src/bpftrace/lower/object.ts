/** What the programs of one script share: maps, events, types and names. */
import type { Field, Manifest, MapSpec } from "@sonde/bpf/spec";
import type { SourceText } from "../../diagnostics/index.ts";
import { ObjectParts } from "../../lowering/object-parts.ts";
import { Positions } from "../../lowering/positions.ts";
import type { Span } from "../ast.ts";
import type { CheckedProgram, ProbeVariant } from "../types.ts";
import { optionDefaults, placedOptions } from "../option-layout.ts";
import { planMap, type MapPlan } from "./views.ts";

/** BPF_F_MMAPABLE: user space writes a value in one piece, while programs read it. */
const MMAPABLE = 1 << 10;

/** Which programs use a map, and which maps' entries are deleted somewhere, by the maps' names. */
export interface ScriptMapUses {
  readonly users: ReadonlyMap<string, ReadonlySet<ProbeVariant>>;
  readonly deleted: ReadonlySet<string>;
}

export interface ObjectOptions {
  /** Keep the sum of a histogram's values beside its buckets, which costs an addition for each event; false if not given. */
  readonly histogramTotals?: boolean;
  /**
   * The most entries of maps, by their names ("@x"): values of further keys are added up in one more, see
   * {@link MapView.other}. Maps that are not here have their own size, and what finds them full is lost.
   */
  readonly mapLimits?: ReadonlyMap<string, number>;
  /** Options of the script are variables that may be set while it runs, in the map "options"; constants if false or not given. */
  readonly liveOptions?: boolean;
}

export class ObjectBuilder extends ObjectParts {
  readonly program: CheckedProgram;
  readonly positions: Positions;
  readonly #plans = new Map<string, MapPlan>();
  readonly #uses: ScriptMapUses;
  readonly #options: ObjectOptions;
  #tracePipe: boolean = false;

  constructor(program: CheckedProgram, source: SourceText, uses: ScriptMapUses, options: ObjectOptions) {
    super(program.target);
    this.program = program;
    this.positions = new Positions(source);
    this.#uses = uses;
    this.#options = options;
  }

  /** The layout of `@name`, planned when it is first asked for. */
  map(name: string, span: Span): MapPlan {
    let plan = this.#plans.get(name);
    if (plan === undefined) {
      const info = this.program.maps.get(name);
      if (info === undefined) throw new Error(`the checker knows no map ${name}`);
      plan = planMap(info, {
        types: this.types,
        structs: () => this.target.btf,
        stacks: (type) => this.stackMap(type),
        totals: this.#options.histogramTotals ?? false,
        limit: this.#options.mapLimits?.get(name),
        shared: this.program.aggregatesRead.has(name) && this.target.features.lookupPercpu !== true,
        users: [...(this.#uses.users.get(name) ?? [])],
        lateEntries: () => this.target.features.lateEntries === true,
        span,
      });
      this.#plans.set(name, plan);
      if (plan.other !== undefined) this.shared(plan.other);
    }
    return plan;
  }

  get liveOptions(): boolean {
    return this.#options.liveOptions ?? false;
  }

  /** The section of the script's options, with their defaults. */
  get options(): string {
    const placed = placedOptions(this.program.options);
    const data = optionDefaults(placed);
    const fields = placed.map(({ option, offset, type }): Field => ({
      name: option.name.replace(/[^A-Za-z0-9_]/g, "_"),
      offset,
      type,
    }));
    return this.shared({
      name: "options",
      type: "array",
      keySize: 4,
      valueSize: data.byteLength,
      maxEntries: 1,
      flags: MMAPABLE,
      keyTypeId: this.types.index,
      valueTypeId: this.types.record("options", fields, data.byteLength),
      data,
    });
  }

  /** The object writes to the kernel's trace pipe. */
  usesTracePipe(): void {
    this.#tracePipe = true;
  }

  /** Whether the script deletes single entries of `@name`. */
  deletes(name: string): boolean {
    return this.#uses.deleted.has(name);
  }

  /** Every map, in the order of first use, the user's first. */
  maps(): readonly MapSpec[] {
    const internal = this.internalMaps(this.program.config.ringPages);
    return [...[...this.#plans.values()].map((plan) => plan.spec), ...internal];
  }

  manifest(): Manifest {
    const { config } = this.program;
    return {
      maps: [...this.#plans.values()].map((plan) => plan.view),
      ...this.internalViews,
      config: {
        printMapsOnExit: config.printMapsOnExit,
        stackMode: config.stackMode,
        ...(!config.demangle && { demangle: false }),
        ...(config.missingProbes !== "error" && { missingProbes: config.missingProbes }),
        ...(config.ringPages !== undefined && { packetPages: 2 ** Math.ceil(Math.log2(config.ringPages)) }),
        ...(this.#tracePipe && { tracePipe: true }),
        ...(config.catBytes !== undefined && { catBytes: config.catBytes }),
        ...(!config.sourceLines && { sourceLines: false }),
      },
    };
  }
}

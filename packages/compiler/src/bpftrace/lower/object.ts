/** What the programs of one script share: maps, events, types and names. */
import type { Manifest, MapSpec } from "@sonde/bpf/spec";
import type { SourceText } from "../../diagnostics/index.ts";
import { ObjectParts } from "../../lowering/object-parts.ts";
import { Positions } from "../../lowering/positions.ts";
import type { Span } from "../ast.ts";
import type { CheckedProgram, ProbeVariant } from "../types.ts";
import { planMap, type MapPlan } from "./views.ts";

/** Which programs use a map, and which maps' entries are deleted somewhere, by the maps' names. */
export interface ScriptMapUses {
  readonly users: ReadonlyMap<string, ReadonlySet<ProbeVariant>>;
  readonly deleted: ReadonlySet<string>;
}

export class ObjectBuilder extends ObjectParts {
  readonly program: CheckedProgram;
  readonly positions: Positions;
  readonly #plans = new Map<string, MapPlan>();
  readonly #uses: ScriptMapUses;
  readonly #histogramTotals: boolean;

  constructor(program: CheckedProgram, source: SourceText, uses: ScriptMapUses, histogramTotals: boolean) {
    super(program.target);
    this.program = program;
    this.positions = new Positions(source);
    this.#uses = uses;
    this.#histogramTotals = histogramTotals;
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
      config: { printMapsOnExit: config.printMapsOnExit, stackMode: config.stackMode },
    };
  }
}

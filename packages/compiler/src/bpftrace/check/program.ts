/** What the checker knows about a whole script while it infers types, pass after pass. */
import type { Target } from "@sonde/bpf/spec";
import { Diagnostics } from "../../diagnostics/index.ts";
import type { MapRef, Probe, Script, Span, Variable } from "../ast.ts";
import type { Definitions } from "../c/definitions.ts";
import type { Aggregate, ScriptOption } from "../types.ts";
import type { Settings } from "./config.ts";
import type { Stored } from "./stored.ts";

export interface CheckOptions {
  /** `$1` is params[0]. */
  readonly params?: readonly string[];
  /** User-space probes fire for this process only. */
  readonly pid?: number;
  /** The process of the command given with -c: what `cpid` is. */
  readonly cpid?: number;
  /** What the session is for, "run" unless given: in tests and benchmarks only those run, and begin and end. */
  readonly mode?: "run" | "test" | "bench";
  /** Only the tests or benchmarks whose names this regular expression matches. */
  readonly probeFilter?: string;
  /** Calls of helpers that fail are reported, with where they stand. */
  readonly helperErrors?: boolean;
  /** Functions that change what they watch are allowed. */
  readonly unsafe?: boolean;
  /** Options of the script itself, `--name=value`, for getopt(). */
  readonly named?: Readonly<Record<string, string>>;
  /** Settings given outside of the script, such as on the command line; they win over its config block. */
  readonly config?: Readonly<Record<string, string>>;
  /** Says of which probes the tracepoints are attached to their formatted events even where raw ones give the same values: for comparing the two. */
  readonly classicTracepoint?: (probe: Probe) => boolean;
}

/** A map as far as it is known. */
export interface MapState {
  readonly name: string;
  keys: Stored[] | undefined;
  keySpan: Span;
  value: { kind: "scalar"; place: Stored } | { kind: "aggregate"; aggregate: Aggregate } | undefined;
  valueSpan: Span;
}

/** A variable as far as it is known. */
export interface VariableState {
  place: Stored;
  /** Its type was written down: assignments convert to it. */
  readonly fixed: boolean;
  readonly span: Span;
}

export class Program {
  readonly script: Script;
  readonly target: Target;
  readonly options: CheckOptions;
  readonly config: Settings;
  readonly definitions: Definitions;
  readonly maps: Map<string, MapState> = new Map();
  readonly mapArguments: Set<MapRef> = new Set();
  readonly aggregatesRead: Set<string> = new Set();
  readonly scriptOptions: Map<string, ScriptOption> = new Map();
  /** Of this pass. */
  diagnostics: Diagnostics = new Diagnostics();
  /** Something was learnt in this pass that may change what other places mean. */
  changed = false;

  constructor(script: Script, target: Target, options: CheckOptions, config: Settings, definitions: Definitions) {
    this.script = script;
    this.target = target;
    this.options = options;
    this.config = config;
    this.definitions = definitions;
  }

  beginPass(): void {
    this.diagnostics = new Diagnostics();
    this.changed = false;
    this.mapArguments.clear();
    this.aggregatesRead.clear();
    this.scriptOptions.clear();
  }
}

/** The variables of one handler, by the node that declares each; kept from pass to pass. */
export type Variables = Map<Variable, VariableState>;

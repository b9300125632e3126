/** One program under construction: what a function's frame is, and the names and facts of the language. */
import type { SourcePosition } from "@sonde/bpf/asm";
import { refuse } from "../../diagnostics/index.ts";
import type { Block, Func, Inst, ValueType } from "../../ir/index.ts";
import { followsTasks } from "../../lowering/current-task.ts";
import { FunctionFrame } from "../../lowering/function-frame.ts";
import type { ProbeDeclaration, TimerDeclaration } from "../authoring/declarations.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type FunctionNode, type Node } from "../syntax/ast.ts";
import type { MonitorObject } from "./object.ts";
import type { Scope } from "./scope.ts";
import type { Subprogram } from "./subprograms.ts";
import type { Binding, Value } from "./value.ts";

/** Where `break` and `continue` go. */
export interface Loop {
  readonly label: string | undefined;
  readonly exit: Block;
  /** Absent in a switch. */
  readonly next: Block | undefined;
}

/** The function whose body is being built: the program's own, or one built into it. */
export interface Activation {
  /** What `return` does. */
  readonly leave: (value: Value, node: Node) => void;
  readonly node: Node;
  readonly loops: Loop[];
}

/** What slots of a main function that others run below, and of those, take of the stack that they share. */
const STACK_OF_CALLERS = 160;
const STACK_OF_CALLED = 64;
/** Larger temporaries than this go to scratch memory. */
const LARGEST_SLOT = 64;

export class Program extends FunctionFrame<Node> {
  readonly object: MonitorObject;
  /** The program that the function belongs to. */
  readonly root: Program;
  readonly probe: ProbeDeclaration;
  /** Functions that are being built, innermost last. */
  readonly activations: Activation[] = [];
  scope: Scope;
  /** What tests have proved about names, for the code after them. */
  facts: ReadonlyMap<Binding, Value> = new Map();
  /** Memory that no other CPU changes meanwhile: values of per-CPU maps, scratch memory. */
  readonly exclusive: Set<Inst> = new Set();
  /** Functions of timers that the program starts, by their names in the object. */
  readonly timers: Map<TimerDeclaration, string> = new Map();
  /** Functions of the module that are called, not built in; undefined for those that turned out not to be. */
  readonly subprograms: Map<FunctionNode, Subprogram | undefined> = new Map();
  /** Those that are being built. */
  readonly unfinished: Set<FunctionNode> = new Set();
  readonly #functions = new Map<string, Func>();

  /** `inner`: a function of the program `root` beside its main one. */
  constructor(
    name: string,
    object: MonitorObject,
    probe: ProbeDeclaration,
    scope: Scope,
    inner?: { readonly root: Program; readonly kind: Func["kind"]; readonly params: readonly ValueType[] },
  ) {
    super(name, inner?.kind ?? "main", inner?.params ?? []);
    this.object = object;
    this.probe = probe;
    this.scope = scope;
    this.root = inner?.root ?? this;
    if (object.uses.hasFrames(probe)) this.stackForSlots = inner === undefined ? STACK_OF_CALLERS : STACK_OF_CALLED;
  }

  /** What a name holds here. */
  known(binding: Binding): Value {
    const fact = this.facts.get(binding);
    if (fact !== undefined) return fact;
    switch (binding.kind) {
      case "value":
        return binding.value;
      case "variable":
        return { kind: "scalar", inst: this.builder.read(binding.variable), type: binding.type };
      case "slot": {
        const { base, offset } = binding.spot;
        return { kind: "memory", place: { base, offset, space: "program", trusted: false }, type: binding.type };
      }
    }
  }

  addFunction(func: Func): void {
    this.#functions.set(func.name, func);
  }

  /** The functions beside the main one. */
  get functions(): readonly Func[] {
    return [...this.#functions.values()];
  }

  /** The name in the object of a function that the program calls, which is built when it is first asked for. */
  subprogram(name: string, build: (name: string) => Func): string {
    if (this.root !== this) return this.root.subprogram(name, build);
    let func = this.#functions.get(name);
    if (func === undefined) this.#functions.set(name, (func = build(this.object.programName(`${this.name}_${name}`))));
    return func.name;
  }

  /** The type in BTF of one of them. */
  functionType(name: string): number {
    const params = this.functions.find((func) => func.name === name)?.params.length ?? 0;
    return this.object.types.callback(name, params);
  }

  /** Runs `build` with names of its own. */
  inside<T>(scope: Scope, build: () => T): T {
    const outer = this.scope;
    this.scope = scope;
    try {
      return build();
    } finally {
      this.scope = outer;
    }
  }

  /** Ends the program here, with what says nothing to the kernel. */
  leave(): void {
    this.closeAll();
    this.builder.return(this.constant(this.probe.verdict));
  }

  override scratch(): Inst {
    const scratch = super.scratch();
    this.exclusive.add(scratch);
    return scratch;
  }

  /** Whether the pointer to the current task may be asked for. */
  get followsTasks(): boolean {
    return followsTasks(this.probe.programType, this.object.declarations.info?.license ?? "");
  }

  protected get largestSlot(): number {
    return LARGEST_SLOT;
  }

  protected positionOf(node: Node): SourcePosition | undefined {
    return this.object.position(node);
  }

  protected refuseScratch(node: Node, bytes: number, most: number): never {
    return refuse(messages.tooMuchMemory, spanOf(node), bytes, most);
  }
}

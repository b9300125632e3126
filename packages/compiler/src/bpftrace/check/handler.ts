/** One variant's handler while it is checked: the types found so far, and the variables in scope. */
import type { Diagnostics } from "../../diagnostics/index.ts";
import type { Expr, Variable } from "../ast.ts";
import type { Type } from "../types.ts";
import type { Target } from "@sonde/bpf/spec";
import type { Draft } from "./attach/draft.ts";
import { namesOf } from "./program-types.ts";
import type { Program, Variables, VariableState } from "./program.ts";

export class Handler {
  readonly program: Program;
  readonly draft: Draft;
  readonly types: Map<Expr, Type> = new Map();
  readonly constants: Map<Expr, bigint | string> = new Map();
  /** Expressions that stand for others: `args` for the record of its fields. */
  readonly replacements: Map<Expr, Expr> = new Map();
  /** How many loops are around the current place. */
  loops = 0;
  readonly #variables: Variables;
  readonly #scopes: Map<string, VariableState>[] = [];

  constructor(program: Program, draft: Draft, variables: Variables) {
    this.program = program;
    this.draft = draft;
    this.#variables = variables;
  }

  get diagnostics(): Diagnostics {
    return this.program.diagnostics;
  }

  /** Notes the type of an expression. */
  give(expr: Expr, type: Type): Type {
    this.types.set(expr, type);
    return type;
  }

  scoped(check: () => void): void {
    this.#scopes.push(new Map());
    check();
    this.#scopes.pop();
  }

  find(name: string): VariableState | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const state = this.#scopes[i]?.get(name);
      if (state !== undefined) return state;
    }
    return undefined;
  }

  /** A new variable in the innermost scope; what earlier passes learnt about it is kept. */
  declare(node: Variable, initial: () => Omit<VariableState, "span">): VariableState {
    let state = this.#variables.get(node);
    if (state === undefined) {
      state = { ...initial(), span: node.span };
      this.#variables.set(node, state);
    }
    this.#scopes.at(-1)?.set(node.name, state);
    return state;
  }

  *variableNames(): Iterable<string> {
    for (const scope of this.#scopes) yield* scope.keys();
  }

  /** Where memory behind an address of unknown origin is. */
  get space(): "kernel" | "user" {
    return this.draft.user ? "user" : "kernel";
  }

  /** Where types are looked up by name: first in the program that the probe is in. */
  get named(): Pick<Target, "btf"> {
    const {
      target,
      definitions: { programTypes },
    } = this.program;
    const { program } = this.draft;
    if (program === undefined || programTypes === undefined) return target;
    return { btf: namesOf(programTypes, program) };
  }
}

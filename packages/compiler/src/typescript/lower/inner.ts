/**
 * Functions of a program beside its main one, each in a frame of its own. What they need of the program is handed to
 * them by a record on the caller's stack:
 *
 *     0   the program's context
 *     8   the scratch memory
 *     16  1 if the function ended the whole program
 */
import { pointerTo, type Inst, type Provenance, type ValueType } from "../../ir/index.ts";
import type { Node } from "../syntax/ast.ts";
import { Program } from "./program.ts";
import type { Scope } from "./scope.ts";

const CONTEXT = 0;
const SCRATCH = 8;
const LEFT = 16;
export const RECORD_BYTES = 24;

export class Inner extends Program {
  readonly #outer: Program;
  readonly #record: Inst;
  readonly #context: Inst;
  readonly #scratch: Inst;
  usesContext = false;
  usesScratch = false;
  left = false;

  constructor(
    outer: Program,
    kind: "callback" | "subprogram",
    name: string,
    scope: Scope,
    params: readonly ValueType[],
  ) {
    super(outer.object.programName(name), outer.object, outer.probe, scope, {
      root: outer.root,
      kind,
      params: [...params, pointerTo("stack")],
    });
    const { builder } = this;
    builder.source = outer.builder.source;
    this.#outer = outer;
    this.#record = builder.param(params.length);
    this.#context = this.pointer(CONTEXT, "context");
    this.#scratch = this.pointer(SCRATCH, "mapValue");
    this.exclusive.add(this.#scratch);
    // Whoever is being built into whom may not be called again.
    this.activations.push(...outer.activations);
  }

  pointer(at: number, to: Provenance): Inst {
    return this.builder.load(this.#record, at, 8, { type: pointerTo(to) });
  }

  override context(): Inst {
    this.usesContext = true;
    return this.#context;
  }

  override scratch(): Inst {
    this.usesScratch = true;
    return this.#scratch;
  }

  override reserveScratch(bytes: number, node: Node): number {
    return this.#outer.reserveScratch(bytes, node);
  }

  override leave(): void {
    this.closeAll();
    this.left = true;
    this.builder.store(this.#record, LEFT, 8, this.constant(1));
    this.builder.return(this.constant(1));
  }

  /** Writes the record for a call, in the function that calls. */
  fill(outer: Program, record: Inst): void {
    const { builder } = outer;
    if (this.usesContext) builder.store(record, CONTEXT, 8, outer.context());
    if (this.usesScratch) builder.store(record, SCRATCH, 8, outer.scratch());
    if (this.left) builder.store(record, LEFT, 8, outer.constant(0));
  }

  /** Behind the call: where this function ended the program, so does the one that called it. */
  leaveIfLeft(outer: Program, record: Inst): void {
    if (this.left)
      outer.when({ kind: "ne", a: outer.builder.load(record, LEFT, 8), b: outer.constant(0) }, () => outer.leave());
  }
}

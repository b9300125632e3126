/** A diagnostic that ends what was being done: thrown where it is found, caught where the next piece of work starts. */
import type { Diagnostic, Message, SourceSpan } from "./diagnostic.ts";

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

/** Refuses the construct at `span`. */
export function refuse<A extends readonly unknown[]>(message: Message<A>, span: SourceSpan, ...args: A): never {
  const { code, severity, text, hint } = message;
  const { start, end, source } = span;
  throw new Refusal({
    code,
    severity,
    message: text(...args),
    span: source === undefined ? { start, end } : { start, end, source },
    hint: hint?.(...args),
    notes: [],
  });
}

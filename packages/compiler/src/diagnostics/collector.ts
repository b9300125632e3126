/** Collects diagnostics: each at most once, no more errors than a person would read. */
import type { Diagnostic, Message, Note, SourceSpan } from "./diagnostic.ts";

/** More than this many errors in one script rarely have causes of their own. */
export const MAX_ERRORS = 10;

export class Diagnostics {
  readonly #list: Diagnostic[] = [];
  readonly #seen: Set<string> = new Set();
  #errors = 0;

  /** In the order of their reports. */
  get list(): readonly Diagnostic[] {
    return this.#list;
  }

  get failed(): boolean {
    return this.#errors > 0;
  }

  /** Nothing more will be taken. */
  get full(): boolean {
    return this.#errors >= MAX_ERRORS;
  }

  /** Reports `message`, with `args` for its template. A second report of it at the same place is dropped. */
  report<Args extends readonly unknown[]>(message: Message<Args>, span: SourceSpan, ...args: Args): void {
    this.reportWith(message, span, { args });
  }

  /** The same with notes, or with a hint of its own in place of the message's. */
  reportWith<Args extends readonly unknown[]>(
    message: Message<Args>,
    span: SourceSpan,
    more: { readonly args: Args; readonly notes?: readonly Note[]; readonly hint?: string | undefined },
  ): void {
    this.add({
      code: message.code,
      severity: message.severity,
      message: message.text(...more.args),
      span: { start: span.start, end: span.end },
      hint: more.hint ?? message.hint?.(...more.args),
      notes: more.notes ?? [],
    });
  }

  add(diagnostic: Diagnostic): void {
    const { start, end, source } = diagnostic.span;
    const identity = `${diagnostic.code}@${source?.name ?? ""}:${start}-${end}`;
    if (this.full || this.#seen.has(identity)) return;
    this.#seen.add(identity);
    if (diagnostic.severity === "error") this.#errors++;
    this.#list.push(diagnostic);
  }
}

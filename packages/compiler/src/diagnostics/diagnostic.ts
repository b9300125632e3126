/**
 * A diagnostic is what a person is told about a place in a script. Every text comes from a table of
 * {@link Message}s, so that each has a code which can be looked up, tested and documented.
 */
import type { SourceText } from "./source.ts";

/** UTF-16 code units from the start of the text; `end` is exclusive. */
export interface SourceSpan {
  readonly start: number;
  readonly end: number;
  /** Which text, where a program is made of several; else it is known from elsewhere. */
  readonly source?: SourceText;
}

export type Severity = "error" | "warning";

/** One entry of a table of messages: `text` says what is wrong, `hint` what was expected or what to do. */
export interface Message<Args extends readonly unknown[] = readonly never[]> {
  /** "SND" and four digits: 10 lexical, 11 syntax, 12 probes, 13 names and types, 14 functions, 15 maps, 16 settings, 19 not supported yet; 2xxx lowering, 3xxx TypeScript. */
  readonly code: string;
  readonly severity: Severity;
  readonly text: (...args: Args) => string;
  readonly hint?: (...args: Args) => string | undefined;
}

export interface Note {
  readonly message: string;
  /** Another place that matters; shown with its own frame. */
  readonly span?: SourceSpan;
}

export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly span: SourceSpan;
  /** What was expected, or what to do. */
  readonly hint: string | undefined;
  readonly notes: readonly Note[];
}

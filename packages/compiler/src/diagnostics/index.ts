export { Diagnostics, MAX_ERRORS } from "./collector.ts";
export type { Diagnostic, Message, Note, Severity, SourceSpan } from "./diagnostic.ts";
export { didYouMean, nearest } from "./nearest.ts";
export { Refusal, refuse } from "./refusal.ts";
export { render, type RenderOptions } from "./render.ts";
export { lineAt, locate, partAt, type Location, type SourcePart, type SourceText } from "./source.ts";

/** The one place that knows which parser is used. */
import { Parser } from "acorn";
import { tsPlugin } from "@sveltejs/acorn-typescript";
import { refuse, type SourceText } from "../../diagnostics/index.ts";
import * as messages from "../messages/syntax.ts";
import type { Program } from "./ast.ts";

let parser: typeof Parser | undefined;

/**
 * Parses a module. Every node of the tree knows its text.
 * @throws {Refusal} the text is not TypeScript
 */
export function parseModule(source: SourceText): Program {
  parser ??= Parser.extend(tsPlugin());
  try {
    return parser.parse(source.text, {
      sourceType: "module",
      ecmaVersion: "latest",
      // Kept as it is in every node; acorn's types expect one of its own making.
      directSourceFile: source as never,
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { pos = 0, raisedAt = pos + 1 } = error as { pos?: number; raisedAt?: number };
    const reason = error.message.replace(/ \(\d+:\d+\)$/, "");
    return refuse(messages.syntax, { start: pos, end: Math.max(raisedAt, pos + 1), source }, reason);
  }
}

/** #if, #ifdef and their like: which lines of a script count. */
import { evaluate } from "./evaluate.ts";
import { ExpansionTooLarge, type Macros } from "./macros.ts";
import { tokenize, type CToken } from "./tokens.ts";

/** Whether the condition of `#if`, `#elif`, `#ifdef` or `#ifndef` holds; undefined if it is no constant expression. */
export function holds(name: string, condition: string, macros: Macros): boolean | undefined {
  if (name === "ifdef") return macros.has(condition);
  if (name === "ifndef") return !macros.has(condition);
  try {
    const tokens = macros.expand(answerDefined(tokenize(condition, 0), macros));
    // As in C, a name that is no macro is 0 here; but not one whose value every kernel has.
    if (tokens.some(({ text }) => text === "LINUX_VERSION_CODE")) return undefined;
    const value = evaluate(tokens, { value: () => 0n });
    return value === undefined ? undefined : value !== 0n;
  } catch (error) {
    if (error instanceof ExpansionTooLarge) return undefined;
    throw error;
  }
}

/** `defined(X)` and `defined X` become 1 or 0 before anything is expanded. */
function answerDefined(tokens: readonly CToken[], macros: Macros): readonly CToken[] {
  const out: CToken[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token.text !== "defined") {
      out.push(token);
      continue;
    }
    const brackets = tokens[at + 1]?.text === "(";
    const name = tokens[at + (brackets ? 2 : 1)];
    out.push({ ...token, kind: "number", text: name !== undefined && macros.has(name.text) ? "1" : "0" });
    at += brackets ? 3 : 1;
  }
  return out;
}

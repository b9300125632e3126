/** Probes: attach points, an optional filter, a block. */
import { didYouMean } from "../../diagnostics/index.ts";
import type { AttachPoint, Expr, Probe, Provider } from "../ast.ts";
import * as messages from "../messages/syntax.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";
import { parseBlock } from "./statements.ts";

export function parseProbe(cursor: Cursor): Probe {
  const { start } = cursor.token;
  const points: AttachPoint[] = [];
  do {
    const point = parseAttachPoint(cursor);
    if (point !== undefined) points.push(point);
  } while (cursor.accept(","));
  const filter = cursor.at("/") ? parseFilter(cursor) : undefined;
  if (!cursor.at("{"))
    cursor.unexpected(filter === undefined ? "{, a /filter/ or another attach point after a comma" : "{");
  const body = parseBlock(cursor);
  return { kind: "probe", span: cursor.span(start), points, filter, body };
}

function parseFilter(cursor: Cursor): Expr {
  const opening = cursor.advance();
  cursor.inPredicate = true;
  cursor.resetOperators();
  try {
    const filter = parseExpression(cursor);
    if (cursor.token.kind === "end") cursor.fail(messages.unterminatedPredicate, opening);
    if (!cursor.at("/")) cursor.unexpected("an operator or / at the end of the filter");
    cursor.advance();
    return filter;
  } finally {
    cursor.inPredicate = false;
  }
}

/** Undefined, after a report, where the provider is unknown. */
function parseAttachPoint(cursor: Cursor): AttachPoint | undefined {
  // `name=`: a name that nothing refers to.
  if (cursor.token.kind === "identifier" && cursor.peek().text === "=") {
    cursor.advance();
    cursor.advance();
  }
  const { start, kind } = cursor.token;
  if (kind !== "identifier" && !cursor.at("*")) cursor.unexpected("a probe, such as kprobe:vfs_read");

  const scanned = scanAttachPoint(cursor.text, start);
  cursor.seek(scanned.end);
  const [name = "", ...parts] = scanned.parts;
  const span = { start, end: scanned.end };
  const provider = findProvider(name);
  if (provider === undefined) {
    const known = [...Object.keys(ALIASES), ...Object.values(ALIASES)].filter((candidate) => candidate.length > 2);
    cursor.diagnostics.report(
      messages.unknownProvider,
      { start, end: start + name.length },
      name,
      didYouMean(name, known),
    );
    return undefined;
  }
  return { kind: "attachPoint", span, provider, parts, text: cursor.text.slice(start, scanned.end) };
}

/**
 * An attach point is one word with colons in it. It ends at white space, a comma, `{` or the slash
 * of a filter; but a slash in a path belongs to it.
 */
function scanAttachPoint(text: string, start: number): { readonly parts: readonly string[]; readonly end: number } {
  const parts = [""];
  let i = start;
  for (; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '"') {
      const close = text.indexOf('"', i + 1);
      const end = close < 0 ? text.length : close;
      parts[parts.length - 1] += text.slice(i + 1, end);
      i = end;
    } else if (character === ":") {
      parts.push("");
    } else if (/[\s,{]/.test(character) || (character === "/" && !isInPath(parts[0] ?? "", parts.length - 1))) {
      break;
    } else {
      parts[parts.length - 1] += character;
    }
  }
  return { parts, end: Math.min(i, text.length) };
}

/** Whether a slash behind so many colons belongs to a path: a program's, or that of the file that an iterator becomes. */
export function isInPath(name: string, colons: number): boolean {
  const provider = findProvider(name);
  if (provider === "iter") return colons === 2;
  return colons === 1 && (provider === "uprobe" || provider === "uretprobe" || provider === "usdt");
}

/** Short and old names. */
const ALIASES: Readonly<Record<string, Provider>> = {
  BEGIN: "begin",
  END: "end",
  i: "interval",
  p: "profile",
  t: "tracepoint",
  rt: "rawtracepoint",
  k: "kprobe",
  kr: "kretprobe",
  f: "fentry",
  fr: "fexit",
  kfunc: "fentry",
  kretfunc: "fexit",
  u: "uprobe",
  ur: "uretprobe",
  s: "software",
  h: "hardware",
  U: "usdt",
  it: "iter",
  w: "watchpoint",
  begin: "begin",
  end: "end",
  interval: "interval",
  profile: "profile",
  tracepoint: "tracepoint",
  rawtracepoint: "rawtracepoint",
  kprobe: "kprobe",
  kretprobe: "kretprobe",
  fentry: "fentry",
  fexit: "fexit",
  uprobe: "uprobe",
  uretprobe: "uretprobe",
  software: "software",
  hardware: "hardware",
  usdt: "usdt",
  iter: "iter",
  watchpoint: "watchpoint",
  self: "self",
  test: "test",
  bench: "bench",
};

function findProvider(name: string): Provider | undefined {
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
}

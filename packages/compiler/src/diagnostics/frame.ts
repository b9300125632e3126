/** The line of a span and the marks under it, in terminal columns. */
import type { SourceSpan } from "./diagnostic.ts";
import { lineAt } from "./source.ts";

/** Columns of one frame; a longer line is cut around its span. */
const WIDTH = 100;
const TAB = 4;
/** How much of what stands before the span is kept when a line is cut. */
const LEAD = 30;

export interface Frame {
  readonly text: string;
  /** Spaces, then at least one `^`. */
  readonly underline: string;
}

/** A span over several lines is marked to the end of its first. */
export function frame(source: string, span: SourceSpan): Frame {
  const line = lineAt(source, span.start);
  const end = Math.min(Math.max(span.end, span.start), line.end);
  const before = expand(source.slice(line.start, Math.min(span.start, line.end)), 0);
  const marked = expand(source.slice(Math.min(span.start, line.end), end), before.columns);
  const after = expand(source.slice(end, line.end), before.columns + marked.columns);

  const lead = before.columns + marked.columns > WIDTH ? cutStart(before.text) : before;
  const carets = Math.max(1, Math.min(marked.columns, WIDTH - LEAD));
  return {
    text: cutEnd(lead.text + marked.text + after.text),
    underline: " ".repeat(lead.columns) + "^".repeat(carets),
  };
}

interface Expanded {
  readonly text: string;
  readonly columns: number;
}

/** Tabs become spaces; what could move the cursor or hide text becomes a visible mark. */
function expand(text: string, column: number): Expanded {
  let out = "";
  let columns = 0;
  for (const character of text) {
    if (character === "\t") {
      const spaces = TAB - ((column + columns) % TAB);
      out += " ".repeat(spaces);
      columns += spaces;
    } else {
      out += /[\p{Cc}\p{Cf}]/u.test(character) ? "\ufffd" : character;
      columns += width(character);
    }
  }
  return { text: out, columns };
}

/** Columns of one character in a terminal: none for combining marks, two for East Asian wide ones and emoji. */
function width(character: string): number {
  if (character < "\u0300") return 1;
  if (/\p{M}/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
    character,
  )
    ? 2
    : 1;
}

function cutStart(text: string): Expanded {
  if (text.length <= LEAD) return expand(text, 0);
  return expand(`…${[...text].slice(1 - LEAD).join("")}`, 0);
}

function cutEnd(text: string): string {
  const characters = [...text];
  return characters.length <= WIDTH ? text : `${characters.slice(0, WIDTH - 1).join("")}…`;
}

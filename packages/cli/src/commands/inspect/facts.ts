/** A heading and, below it, facts as "name   value" lines. */
import { cut } from "./columns.ts";

export interface Fact {
  readonly name: string;
  readonly value: string;
}

const INDENT = "  ";
const GAP = 2;

/** Values that do not fit go on below themselves, broken at ", ". */
export function factLines(heading: string, facts: readonly Fact[], width: number): readonly string[] {
  const column = Math.max(...facts.map(({ name }) => name.length)) + GAP;
  const room = Math.max(20, width - INDENT.length - column);
  const lines = facts.flatMap(({ name, value }) =>
    broken(value, room).map((part, i) => `${INDENT}${(i === 0 ? name : "").padEnd(column)}${part}`),
  );
  return [cut(heading, width), ...lines];
}

function broken(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > room) {
    const comma = rest.lastIndexOf(", ", room - 1);
    const end = comma > 0 ? comma + 1 : room;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

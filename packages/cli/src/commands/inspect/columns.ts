/** Tables that fit a terminal's width: where there is too little room, long texts are cut, numbers never. */

export interface Column {
  readonly title: string;
  /** Numbers stand right. */
  readonly right?: boolean;
  /** May be cut to this many characters; not cut if absent. */
  readonly least?: number;
}

const GAP = "  ";

/** Lines without their ends; `width` in characters, Infinity for no limit. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const widths = fit(
    columns,
    columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length))),
    width,
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const text = cut(cell, widths[i]!);
        return columns[i]!.right === true ? text.padStart(widths[i]!) : text.padEnd(widths[i]!);
      })
      .join(GAP)
      .trimEnd();
  return [columns.map(({ title }) => title), ...rows].map(line).map((text) => cut(text, width));
}

/** The longest of those that may be cut gives way first. */
function fit(columns: readonly Column[], wanted: readonly number[], width: number): readonly number[] {
  const widths = [...wanted];
  for (let over = sum(widths) + GAP.length * (widths.length - 1) - width; over > 0; over--) {
    let longest = -1;
    for (const [i, { least }] of columns.entries()) {
      if (least === undefined || widths[i]! <= least) continue;
      if (longest === -1 || widths[i]! > widths[longest]!) longest = i;
    }
    if (longest === -1) break;
    widths[longest]!--;
  }
  return widths;
}

/** The last character says that more was there. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width < 1 ? "" : `${text.slice(0, width - 1)}…`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

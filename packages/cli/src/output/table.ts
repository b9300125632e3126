/** Rows as columns, two spaces apart; the last column is not padded. Numbers (cells that are numbers) stand right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => String(row[i] ?? "").length)));
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, i) => {
        const text = String(cell);
        if (typeof cell === "number") return text.padStart(widths[i]!);
        return i === cells.length - 1 ? text : text.padEnd(widths[i]!);
      })
      .join("  ")
      .trimEnd();
  return [header, ...rows].map(line).join("\n") + "\n";
}

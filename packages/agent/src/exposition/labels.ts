/**
 * Label values and help texts in the exposition formats. Values come from whoever is watched
 * (comm, file names): any byte may be in them, and none may end the quoting.
 */

/** Names and values, in order, as `a="b",c="d"`. */
export function renderLabels(names: readonly string[], values: readonly string[]): string {
  let text = "";
  for (let i = 0; i < names.length; i++) text += `${i === 0 ? "" : ","}${names[i]!}="${escapeValue(values[i] ?? "")}"`;
  return text;
}

/** The names and values that {@link renderLabels} made a text of. */
export function parseLabels(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < text.length;) {
    const equals = text.indexOf("=", at);
    let end = equals + 2;
    while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
    pairs.push([text.slice(at, equals), unescapeValue(text.slice(equals + 2, end))]);
    at = end + 2;
  }
  return pairs;
}

const SPECIAL_IN_VALUE = /[\\"\n]/;

/** Backslash, double quote and line feed are escaped; all else may stand as it is. */
export function escapeValue(value: string): string {
  if (!SPECIAL_IN_VALUE.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function unescapeValue(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}

/** Help text: Prometheus leaves double quotes alone, OpenMetrics wants them escaped. */
export function escapeHelp(help: string, openMetrics: boolean): string {
  const text = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return openMetrics ? text.replaceAll('"', '\\"') : text;
}

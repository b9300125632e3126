// Monitors by kernels, as Markdown.

/** @typedef {{ kernel: string, results: readonly import("./test-reporter.js").TestResult[] }} Column */

const BEGIN = "<!-- portable: made by npm run test:monitors -->";
const END = "<!-- end of portable -->";

/**
 * One row for each monitor: "ok" where it was attached and right and bpftool took it, else the reason.
 * @param {readonly Column[]} columns
 */
export function portableTable(columns) {
  const monitors = [
    ...new Set(columns.flatMap(({ results }) => results.filter(isMonitor).map(({ name }) => name.split(":")[0] ?? ""))),
  ].sort();
  const kernels = columns.map(({ kernel }) => /^\d+\.\d+/.exec(kernel)?.[0] ?? kernel);
  const rows = monitors.map((monitor) => [monitor, ...columns.map((column) => cell(monitor, column))]);
  return [["monitor", ...kernels], kernels.concat("").map(() => "---"), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

/** A failure of a whole file is named by the file. @param {{ name: string }} result */
function isMonitor({ name }) {
  return /^[\w-]+: /.test(name);
}

/** @param {string} monitor @param {Column} column */
function cell(monitor, { results }) {
  const own = results.filter(({ name }) => name.startsWith(`${monitor}: `));
  const odd = own.find(({ outcome }) => outcome === "fail") ?? own.find(({ outcome }) => outcome !== "pass");
  if (own.length === 0) return "not run";
  if (odd === undefined) return "ok";
  const [reason = ""] = odd.detail.split("\n");
  return odd.outcome === "fail" ? `**fails**: ${reason}` : reason.replace(/; this is .*$/, "");
}

/** The page with its table exchanged. @param {string} page @param {string} table */
export function replaceTable(page, table) {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no place for the table: ${BEGIN}`);
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}

// A row compares us with a peer in one quantity; rows become a table and a JSON file.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import path from "node:path";
import { root } from "../../tools/lib/environment.js";
import { median, quantile } from "./statistics.js";

/**
 * @typedef {object} Row
 * @property {string} suite
 * @property {string} name
 * @property {string} quantity with its unit, such as "CPU ms"
 * @property {number[]} ours
 * @property {number[]} peer
 */

/**
 * @typedef {object} Comparison one quantity of several contenders, less being better
 * @property {string} suite
 * @property {string} name
 * @property {string} quantity with its unit
 * @property {Record<string, number[]>} figures by contender, ours first
 */

/** Medians, and in brackets how many times another's ours is. @param {readonly Comparison[]} rows @returns {string} */
export function comparisonTable(rows) {
  const contenders = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const lines = rows.map(({ name, quantity, figures }) => {
    const medians = contenders.map((who) => median(figures[who] ?? []));
    const cells = medians.map((value, index) => {
      if (Number.isNaN(value)) return "-";
      const ratio = (medians[0] ?? Number.NaN) / value;
      return index === 0 || Number.isNaN(ratio) ? value.toFixed(1) : `${value.toFixed(1)} (${ratio.toFixed(2)})`;
    });
    return [name, quantity, ...cells];
  });
  return aligned([["", "", ...contenders], ...lines]);
}

/** @param {readonly Row[]} rows less is better in all of them @param {string} peer @returns {string} */
export function table(rows, peer) {
  const header = ["", "", "sonde", "(quartiles)", peer, "(quartiles)", "ratio"];
  const lines = rows.map((row) => {
    const ratio = median(row.ours) / median(row.peer);
    return [
      row.name,
      row.quantity,
      ...figures(row.ours),
      ...figures(row.peer),
      Number.isFinite(ratio) ? ratio.toFixed(2) : "-",
    ];
  });
  return aligned([header, ...lines]);
}

/** Columns of text; from the third they stand to the right. @param {readonly (readonly string[])[]} all */
function aligned(all) {
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  const format = (/** @type {readonly string[]} */ line) =>
    line
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return all.map((line) => `${format(line).trimEnd()}\n`).join("");
}

/** @param {readonly number[]} values */
function figures(values) {
  if (values.length === 0) return ["-", ""];
  return [median(values).toFixed(1), `${quantile(values, 0.25).toFixed(1)}-${quantile(values, 0.75).toFixed(1)}`];
}

/** Keeps every single figure. @param {string} name @param {readonly (Row | Comparison)[]} rows @param {Record<string, string>} versions @returns {string} the file */
export function keep(name, rows, versions) {
  const file = path.join(root, "bench/results", `${name}.json`);
  const machine = { kernel: release(), node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? "" };
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), machine, versions, rows }, undefined, 1)}\n`);
  return path.relative(root, file);
}

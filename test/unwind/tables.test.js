// Unwind tables beside binutils: readelf executes the same instructions and prints every row.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { test } from "node:test";
import { buildTable, decodeRule, lookUpRule, readImage, Rule, SavedBp } from "@sonde/bpf/eh-frame";

/** @param {string} path */
function tableOf(path) {
  const bytes = readFileSync(path);
  const making = buildTable(readImage((offset, size) => bytes.subarray(offset, offset + size)));
  for (;;) {
    const { done, value } = making.next();
    if (done && value !== undefined) return value;
    assert.ok(!done, path);
  }
}

/**
 * Every row of readelf: the address, and what it says of the CFA, rbp and the return address ("exp" for what it
 * does not write out; "u" for a register that nothing is known of).
 * @param {string} path
 */
function* readelfRows(path) {
  // It ends with 1 where something else of the file, which nobody asked for, is strange to it.
  const { stdout: text } = spawnSync("readelf", ["--debug-dump=frames-interp", path], {
    encoding: "latin1",
    maxBuffer: 1 << 28,
  });
  /** @type {string[]} */
  let columns = [];
  let inFunction = false;
  for (const line of text.split("\n")) {
    // A value that is in another register is written "r10 (r10)".
    const words = line
      .replaceAll(/ \(\w+\)/g, "")
      .trim()
      .split(/\s+/);
    if (line.includes(" CIE ")) inFunction = false;
    else if (line.includes(" FDE ")) inFunction = true;
    else if (words[0] === "LOC") columns = words;
    else if (inFunction && /^[0-9a-f]{16}$/.test(words[0] ?? "")) {
      const at = (/** @type {string} */ name) => words[columns.indexOf(name)];
      yield {
        address: Number.parseInt(words[0] ?? "", 16),
        cfa: at("CFA") ?? "",
        bp: at("rbp") ?? "u",
        ra: at("ra") ?? "",
      };
    }
  }
}

/** A rule in readelf's words. @param {bigint} encoded */
function inWords(encoded) {
  const { rule, offset, saved, savedOffset } = decodeRule(encoded);
  const signed = (/** @type {number} */ n) => (n < 0 ? `${n}` : `+${n}`);
  const cfa = rule === Rule.sp ? `rsp${signed(offset)}` : rule === Rule.bp ? `rbp${signed(offset)}` : "exp";
  const bp =
    rule === Rule.signal
      ? "exp"
      : saved === SavedBp.same
        ? "u"
        : saved === SavedBp.cfa
          ? `c${signed(savedOffset)}`
          : "exp";
  return { cfa, bp, ra: rule === Rule.end ? "u" : rule === Rule.signal ? "exp" : "c-8" };
}

for (const path of [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/bin/bash",
  "/lib64/ld-linux-x86-64.so.2",
  realpathSync(process.execPath),
]) {
  test(`${path}: each row as readelf has it`, () => {
    const table = tableOf(path);
    let rows = 0;
    let unsupported = 0;
    const isLarge = table.functions > 50_000;
    for (const { address, cfa, bp, ra } of readelfRows(path)) {
      // Of a program as large as Node.js, every sixteenth row is a minute's work less.
      if (isLarge && rows++ % 16 !== 0) continue;
      if (!isLarge) rows++;
      const found = lookUpRule(table, address);
      assert.ok(found !== undefined, `0x${address.toString(16)} is in no section`);
      if (decodeRule(found).rule === Rule.unsupported) {
        unsupported++;
        continue;
      }
      const want = { cfa: ra === "u" ? "exp" : cfa, bp: ra === "u" ? "u" : bp === "s" ? "u" : bp, ra };
      assert.deepEqual(inWords(found), want, `0x${address.toString(16)}`);
    }
    assert.ok(rows > 1000, `${rows} rows`);
    assert.equal(table.damaged, 0);
    // Stacks that are aligned anew, and the few lines of assembly that keep their frame in another register.
    assert.ok(unsupported <= rows / 100, `${unsupported} of ${rows} rows have no rule`);
  });
}

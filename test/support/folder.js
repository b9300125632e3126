// Folders for what a test makes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** @type {string[]} */
const made = [];

/** A folder that is gone when the process ends. */
export function temporaryFolder() {
  if (made.length === 0) process.once("exit", removeAll);
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-test-"));
  made.push(folder);
  return folder;
}

function removeAll() {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
}

/**
 * Writing to the standard descriptors without `process.stdout` and `process.stderr`: the first use of
 * one of them makes Node.js load its streams, which takes 4 ms.
 */
import { fstatSync, writeFileSync } from "node:fs";

/** Writes a diagnostic to standard error. That nobody is there to read it is no error. */
export function say(text: string): void {
  try {
    writeFileSync(2, text);
  } catch {
    // Where could it be said?
  }
}

/** Writes data to standard output, all of it. A reader that has left is a normal end. Errors: those of node:fs. */
export function print(text: string): void {
  try {
    writeFileSync(1, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

/** Whether standard error is a terminal, or at least a device: what /dev/null gets does not matter. */
export function isSeen(): boolean {
  return fstatSync(2).isCharacterDevice();
}

/** The state directory is one agent's at a time; and where that agent's pins are. */
import { mkdirSync, openSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { FileDescriptor, type Kernel, lockFile, openBpffs } from "@sonde/kernel/sys";

export interface StateDirectory {
  readonly path: string;
  /** Of this agent alone, on a BPF file system. */
  readonly pins: string;
  /** Lets another agent have it. */
  close(): void;
}

/**
 * Takes a state directory for this process; it is made if it is missing.
 * @throws {Error} another agent has it; it cannot be made; there is no BPF file system
 */
export function openStateDirectory(kernel: Kernel, directory: string): StateDirectory {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = realpathSync(directory);
  const lock = new FileDescriptor(openSync(join(path, "lock"), "a", 0o600));
  if (!lockFile(kernel, lock.fd, path)) {
    lock.close();
    throw new Error(
      `another agent runs with the state directory ${path}: stop it, or give this one a directory of its own (--state DIR)`,
    );
  }
  return { path, pins: `${openBpffs(kernel)}/sonde/${pinName(path)}`, close: () => lock.close() };
}

/** "/var/lib/sonde" is "var-lib-sonde"; what may not stand in a name there, and "-", is written as _xx. */
function pinName(path: string): string {
  const escaped = path
    .slice(1)
    .replace(/[^A-Za-z0-9/]/g, (c) =>
      Array.from(Buffer.from(c), (byte) => `_${byte.toString(16).padStart(2, "0")}`).join(""),
    );
  return escaped.replaceAll("/", "-") || "root";
}

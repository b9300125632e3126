import { fileURLToPath } from "node:url";

/**
 * The directory of the monitors that come with Sonde. This file and the one that all commands are bundled
 * into lie equally deep.
 */
export function shippedMonitors(): string {
  return fileURLToPath(new URL("../../../../monitors", import.meta.url));
}

/** Where in the memory of processes a usdt probe is: what a program has in the place of a cookie before Linux 5.15. */
import { statSync } from "node:fs";
import { type Mapping, readMaps } from "../../symbols/maps.ts";
import { UnsupportedFeatureError } from "../../sys/index.ts";
import type { UsdtNote } from "./notes.ts";

/**
 * A file that is loaded anywhere has its probes at other addresses in each process.
 *
 * Errors: UnsupportedFeatureError if no process was named for such a file; TypeError if that one has not mapped it.
 */
export function addressOf(
  { provider, name, offset, address }: UsdtNote,
  path: string,
  pid: number | undefined,
): bigint {
  if (address !== undefined) return BigInt(address);
  const probe = `usdt:${path}:${provider}:${name}`;
  if (pid === undefined) {
    throw new UnsupportedFeatureError(
      "arguments of usdt probes in every process",
      "5.15",
      `${probe} has another address in each: say which process is meant (option pid)`,
    );
  }
  const mapping = readMaps(pid).find((each) => holds(each, offset) && isOf(each, pid, path));
  if (mapping === undefined)
    throw new TypeError(`process ${pid} has not loaded ${path}, so ${probe} has no address there`);
  return BigInt(mapping.start + offset - mapping.offset);
}

function holds({ start, end, offset }: Mapping, wanted: number): boolean {
  return wanted >= offset && wanted < offset + end - start;
}

/** Paths differ between mount namespaces; the kernel's own reference to the file does not. */
function isOf({ start, end }: Mapping, pid: number, path: string): boolean {
  const mapped = statSync(`/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`, {
    throwIfNoEntry: false,
  });
  const file = statSync(path);
  return mapped !== undefined && mapped.ino === file.ino && mapped.dev === file.dev;
}

import { readFileSync } from "node:fs";

const AT_PAGESZ = 6;

/** Bytes of a memory page: 4096 on x86_64, also 16 or 64 kB on aarch64. */
export function pageSize(): number {
  if (process.arch === "x64") return 4096;
  // The auxiliary vector: pairs of u64, key and value.
  const words = readFileSync("/proc/self/auxv");
  for (let at = 0; at + 16 <= words.length; at += 16) {
    if (words.readUInt32LE(at) === AT_PAGESZ) return words.readUInt32LE(at + 8);
  }
  throw new Error("/proc/self/auxv does not tell the size of a memory page");
}

/** The running kernel's own types. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { BtfReader, loadIndex, serialiseIndex } from "@sonde/bpf/btf";
import { type Kernel, PROT_READ } from "../sys/index.ts";
import type { Cache } from "./cache.ts";
import { kernelBuild } from "./kernel-build.ts";

const PATH = "/sys/kernel/btf/vmlinux";
const MAP_PRIVATE = 2;

/**
 * Opens the kernel's BTF with the index that an earlier start left in the cache. Undefined where
 * the kernel has none (built without CONFIG_DEBUG_INFO_BTF). Throws BtfError if it is damaged.
 */
export function openVmlinuxBtf(kernel: Kernel, cache: Cache, path: string = PATH): BtfReader | undefined {
  const blob = mapFile(kernel, path);
  if (blob === undefined) return undefined;
  const file = `btf-index-${kernelBuild()}`;
  const kept = cache.read(file);
  const index = kept && loadIndex(kept, blob);
  if (index !== undefined) return new BtfReader(blob, { index });
  const reader = new BtfReader(blob);
  cache.write(file, serialiseIndex(reader.index, blob));
  return reader;
}

/**
 * Maps the file where the kernel allows that (6.16): reading costs a call for each page. It allows
 * only private mappings. The memory stays until the last view of it has gone.
 */
function mapFile(kernel: Kernel, path: string): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(fd);
    const address = kernel.mmap(0, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (address < 0) return readFileSync(fd);
    const buffer = kernel.view(address, size);
    kernel.munmapAfter(buffer, address, size);
    return new Uint8Array(buffer);
  } finally {
    closeSync(fd);
  }
}

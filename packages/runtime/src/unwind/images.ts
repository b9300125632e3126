/** Where the bytes of mapped programs and libraries are read from: files, also deleted ones, and the kernel's vDSO. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ReadBytes } from "@sonde/bpf/eh-frame";
import type { ProcessMapping } from "@sonde/kernel/symbols";

/** An image to read; close it after use. */
export interface OpenImage {
  /** The same for every process that has mapped the same image. */
  readonly key: string;
  readonly read: ReadBytes;
  close(): void;
}

/** Undefined for memory that belongs to no file. Errors: those of node:fs for files that cannot be opened. */
export function openImage(pid: number, mapping: ProcessMapping): OpenImage | undefined {
  const { path, start, end } = mapping;
  if (path === "[vdso]") {
    const fd = openSync(`/proc/${pid}/mem`, "r");
    return { key: path, read: reader(fd, start, end - start), close: () => closeSync(fd) };
  }
  if (!path.startsWith("/")) return undefined;
  const fd = openFile(pid, mapping);
  const { dev, ino, size, mtimeMs } = fstatSync(fd);
  return { key: `${dev}:${ino}:${size}:${mtimeMs}`, read: reader(fd, 0, size), close: () => closeSync(fd) };
}

/** By the mapping itself, which leads to files that were deleted or lie in a container; by their path where that is not allowed. */
function openFile(pid: number, { start, end, path }: ProcessMapping): number {
  try {
    return openSync(`/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`, "r");
  } catch {
    return openSync(`/proc/${pid}/root${path}`, "r");
  }
}

function reader(fd: number, start: number, size: number): ReadBytes {
  return (offset, bytes) => {
    const buffer = new Uint8Array(Math.max(0, Math.min(bytes, size - offset)));
    return buffer.length === 0 ? buffer : buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, start + offset));
  };
}

/** The kernel that a monitor is built against: its types only, since the object finds its own way on others. */
import { readFileSync } from "node:fs";
import { BtfReader, type Btf } from "@sonde/bpf/btf";
import type { Target } from "@sonde/bpf/spec";

/** Where a kernel shows its own types. Everybody may read it. */
export const RUNNING_BTF = "/sys/kernel/btf/vmlinux";

/** A file of BTF that cannot be used. */
export class BtfFileError extends Error {
  override readonly name = "BtfFileError";
}

/** What was read stays: whoever builds several monitors, as tests do, reads a kernel's types once. */
const known = new Map<string, Btf>();

/** @throws {BtfFileError} the file cannot be read, or is no BTF */
export function readBtf(file: string): Btf {
  try {
    let btf = known.get(file);
    if (btf === undefined) known.set(file, (btf = new BtfReader(readFileSync(file))));
    return btf;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? `there is no file ${file}` : `${file}: ${message}`;
    throw new BtfFileError(
      `cannot read the kernel's types: ${reason}; name a file of BTF, such as a copy of another machine's ${RUNNING_BTF}`,
      { cause: error },
    );
  }
}

/** `file` is read when a type is first asked for. The architecture is the one that objects are loaded on. */
export function buildTarget(file: string = RUNNING_BTF, arch: Target["arch"] = "x86_64"): Target {
  let btf: Btf | undefined;
  return {
    arch,
    get btf(): Btf {
      return (btf ??= readBtf(file));
    },
    // Objects are built for all kernels from 5.10 on: what is optional is decided when they are loaded.
    features: { kprobe: true, fentry: true, probeReadKernel: true, atomics: false, ringbuf: true, cookie: false },
    tracepoint: () => undefined,
    probes: () => [],
  };
}

/**
 * Entries of maps that XDP programs redirect to, with a program that runs on arrival.
 *
 *     struct bpf_devmap_val { u32 ifindex;  union { int fd; u32 id; } bpf_prog; }
 *     struct bpf_cpumap_val { u32 qsize;    union { int fd; u32 id; } bpf_prog; }
 *
 * Maps with values of 4 bytes have only the first word.
 */
import type { Codec } from "@sonde/bpf/btf";
import type { Descriptor } from "./descriptor-codec.ts";
import { descriptorCodec } from "./descriptor-codec.ts";

export interface DeviceEntry {
  /** The interface's number. */
  readonly ifindex: number;
  /** Written: a program; read: its id. Absent for none. */
  readonly program?: Descriptor;
}

export interface CpuEntry {
  /** How many packets may wait for the CPU. */
  readonly queueSize: number;
  readonly program?: Descriptor;
}

export function devmapCodec(size: number): Codec<DeviceEntry> {
  return redirectCodec(
    size,
    ({ ifindex }) => ifindex,
    (ifindex, program) => ({ ifindex, ...program }),
  );
}

export function cpumapCodec(size: number): Codec<CpuEntry> {
  return redirectCodec(
    size,
    ({ queueSize }) => queueSize,
    (queueSize, program) => ({ queueSize, ...program }),
  );
}

/** No program is written as -1 and read as 0. */
function redirectCodec<T extends { readonly program?: Descriptor }>(
  size: number,
  wordOf: (entry: T) => number,
  make: (word: number, program: { readonly program?: Descriptor }) => T,
): Codec<T> {
  const program = descriptorCodec(4);
  return {
    size,
    read: (view, offset) => {
      const id = size === 8 ? program.read(view, offset + 4) : 0;
      return make(view.getUint32(offset, true), id === 0 ? {} : { program: id });
    },
    write: (view, offset, entry) => {
      view.setUint32(offset, wordOf(entry), true);
      if (size === 8) program.write(view, offset + 4, entry.program ?? -1);
      else if (entry.program !== undefined)
        throw new TypeError(`a map whose values have ${size} bytes holds no programs: give them 8`);
    },
  };
}

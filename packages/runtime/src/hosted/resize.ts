/**
 * State that goes on in a map of another size: entries are copied when the programs that wrote them have
 * handed over. What the new version has for a key already is newer and stays. An entry that it deletes before
 * its copy comes is there once more, as if the event that deleted it had come before the copy; a map of
 * beginnings forgets it with the next beginning of the same key.
 */
import type { BpfMap } from "@sonde/kernel/maps";
import { KernelError } from "@sonde/kernel/sys";

/** BPF_NOEXIST */
const NO_EXIST = 1;

/** Programs that were running when their place was handed over are done within microseconds. */
const GRACE = 2;

/** A map whose contents moved into another of another size. */
export interface Resized {
  readonly map: string;
  readonly from: number;
  readonly to: number;
  /** Entries that the new one had no room for. */
  readonly lost: number;
}

export function lastProgramsDone(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, GRACE));
}

/** Whether entries come into being only when they are written: then those of the new version can be told. */
export function hasOwnEntries({ type }: BpfMap): boolean {
  return !type.endsWith("array");
}

/** Returns how many entries could not be written, since there was no room for them. Errors: KernelError of reading. */
export function copyEntries(from: BpfMap, to: BpfMap): number {
  const { keySize, entrySize } = from.layout;
  const flags = hasOwnEntries(to) ? NO_EXIST : 0;
  let lost = 0;
  from.forEach((keys, key, values, value) => {
    const bytes = new Uint8Array(keys.buffer, keys.byteOffset + key, keySize);
    try {
      to.update(bytes, new Uint8Array(values.buffer, values.byteOffset + value, entrySize), flags);
    } catch (error) {
      // The new version runs by then: nothing can be taken back.
      if (!(error instanceof KernelError)) throw error;
      lost++;
    }
  });
  return lost;
}

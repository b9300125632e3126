/**
 * The memory of unwind tables, which programs in the kernel read: chunks that are made when they are
 * needed, each filled from its start. A chunk is filled anew when none of its sections is in use.
 */
import { UNWIND_CHUNK_BYTES, UNWIND_CHUNKS, type MapSpec } from "@sonde/bpf/spec";
import { type BpfMap, createMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";

const CHUNK_WORDS = UNWIND_CHUNK_BYTES / 4;
/** BPF_F_MMAPABLE */
const MMAPABLE = 1 << 10;
const CHUNK: MapSpec = {
  name: "unwind_chunk",
  type: "array",
  keySize: 4,
  valueSize: UNWIND_CHUNK_BYTES,
  maxEntries: 1,
  flags: MMAPABLE,
  keyTypeId: 0,
  valueTypeId: 0,
};

/** Where a section lies. */
export interface ChunkPlace {
  readonly chunk: number;
  /** Words from the chunk's start. */
  readonly base: number;
  readonly words: number;
}

interface Chunk {
  readonly map: BpfMap;
  readonly memory: Uint32Array;
  filled: number;
  /** Words in use. */
  live: number;
}

export class Chunks {
  readonly #kernel: Kernel;
  readonly #outer: BpfMap;
  readonly #most: number;
  readonly #chunks: Chunk[] = [];

  /** At most `most` of them. */
  constructor(kernel: Kernel, outer: BpfMap, most: number = UNWIND_CHUNKS) {
    this.#kernel = kernel;
    this.#outer = outer;
    this.#most = Math.min(most, outer.maxEntries);
  }

  /** Bytes of kernel memory. */
  get bytes(): number {
    return this.#chunks.length * UNWIND_CHUNK_BYTES;
  }

  /** Copies a section's words to where programs can read them; undefined if there is no room. Errors: KernelError of making a chunk. */
  store(words: Uint32Array): ChunkPlace | undefined {
    let chunk = this.#chunks.findIndex(({ filled }) => filled + words.length <= CHUNK_WORDS);
    if (chunk < 0) {
      if (this.#chunks.length >= this.#most) return undefined;
      chunk = this.#add();
    }
    const into = this.#chunks[chunk]!;
    const place = { chunk, base: into.filled, words: words.length };
    into.memory.set(words, place.base);
    into.filled += words.length;
    into.live += words.length;
    return place;
  }

  /** The section is not needed any more. No program may still be told of it. */
  free({ chunk, words }: ChunkPlace): void {
    const from = this.#chunks[chunk]!;
    from.live -= words;
    if (from.live === 0) from.filled = 0;
  }

  close(): void {
    for (const { map } of this.#chunks) map.close();
    this.#chunks.length = 0;
  }

  #add(): number {
    const map = createMap(this.#kernel, CHUNK);
    try {
      const memory = new Uint32Array(map.memory(), 0, CHUNK_WORDS);
      const number = this.#chunks.length;
      this.#outer.update(bytesOf(number), bytesOf(map.fd));
      return this.#chunks.push({ map, memory, filled: 0, live: 0 }) - 1;
    } catch (error) {
      map.close();
      throw error;
    }
  }
}

function bytesOf(word: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(word).buffer);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { UNWIND_NO_CHUNK, UNWIND_RANGES, UnwindRange } from "@sonde/bpf/spec";
import { rangesOf } from "./layout.ts";
import { type Block, type Range, Ranges } from "./ranges.ts";

const MEMORY = UNWIND_RANGES * UnwindRange.size;

function range(start: number): Range {
  return { start, end: start + 16, origin: start, chunk: 1, base: 2 };
}

test("blocks never overlap, and all room comes back", () => {
  const ranges = new Ranges(new ArrayBuffer(MEMORY));
  const taken = new Map<Block, number>();
  const used = new Uint8Array(UNWIND_RANGES);
  let seed = 1;
  const random = (below: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 1) % below;
  for (let turn = 0; turn < 20_000; turn++) {
    const block =
      random(2) === 0 ? ranges.write(Array.from({ length: 1 + random(600) }, (_, i) => range(i * 32))) : undefined;
    if (block !== undefined) {
      for (let i = 0; i < block.count; i++) {
        assert.equal(used[block.first + i], 0);
        used[block.first + i] = 1;
      }
      taken.set(block, turn);
    } else {
      const [oldest] = taken.keys();
      if (oldest === undefined) continue;
      taken.delete(oldest);
      used.fill(0, oldest.first, oldest.first + oldest.count);
      ranges.free(oldest);
    }
  }
  for (const block of taken.keys()) ranges.free(block);
  const all = ranges.write(Array.from({ length: UNWIND_RANGES }, (_, i) => range(i)));
  assert.deepEqual(all, { first: 0, count: UNWIND_RANGES });
  assert.equal(ranges.write([range(0)]), undefined);
});

test("a mapping is cut into its table's sections and what lies between", () => {
  const place = (chunk: number): { chunk: number; base: number; words: number } => ({
    chunk,
    base: 10 * chunk,
    words: 1,
  });
  // Code at address 0x401000 of the file, whose byte 0x1000 it is; one section for its first page, one for the third.
  const table = {
    code: [{ offset: 0x1000, address: 0x401000, size: 0x400 }],
    sections: [
      { address: 0x401000, pages: 1, place: place(1) },
      { address: 0x401200, pages: 1, place: place(2) },
    ],
    users: 0,
  };
  const plain = { origin: 0, chunk: UNWIND_NO_CHUNK, base: 0 };
  assert.deepEqual(rangesOf({ start: 0x7000_1000, end: 0x7000_2000, offset: 0x1000 }, table), [
    { start: 0x7000_1000, end: 0x7000_1100, origin: 0x7000_1000, chunk: 1, base: 10 },
    { start: 0x7000_1100, end: 0x7000_1200, ...plain },
    { start: 0x7000_1200, end: 0x7000_1300, origin: 0x7000_1200, chunk: 2, base: 20 },
    { start: 0x7000_1300, end: 0x7000_2000, ...plain },
  ]);
  // Of a part of the file only that part; of memory that is no code of the file, nothing.
  assert.deepEqual(rangesOf({ start: 0x5000, end: 0x5180, offset: 0x1180 }, table), [
    { start: 0x5000, end: 0x5080, ...plain },
    { start: 0x5080, end: 0x5180, origin: 0x5080, chunk: 2, base: 20 },
  ]);
  assert.deepEqual(rangesOf({ start: 0x5000, end: 0x6000, offset: 0x9000 }, table), [
    { start: 0x5000, end: 0x6000, ...plain },
  ]);
});

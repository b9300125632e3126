import assert from "node:assert/strict";
import { closeSync, openSync, readSync } from "node:fs";
import { test } from "node:test";
import type { ReadBytes } from "@sonde/bpf/eh-frame";
import { UNWIND_RULES } from "@sonde/bpf/spec";
import type { ChunkPlace } from "./chunks.ts";
import { Tables } from "./tables.ts";

/** The program that runs this: what is wanted of it is an unwind table of some megabytes. */
const PROGRAM = process.execPath;

function reading(use: (read: ReadBytes) => Promise<void>): Promise<void> {
  const fd = openSync(PROGRAM, "r");
  return use((offset, bytes) => {
    const buffer = new Uint8Array(bytes);
    return buffer.subarray(0, readSync(fd, buffer, 0, bytes, offset));
  }).finally(() => closeSync(fd));
}

const pause = (): Promise<void> => Promise.resolve();

test("tables without users give way to new ones; where all are used, it is said which found no room", () =>
  reading(async (read) => {
    let room = Infinity;
    let words = 0;
    const chunks = {
      store: (section: Uint32Array): ChunkPlace | undefined => {
        if (words + section.length > room) return undefined;
        words += section.length;
        return { chunk: 0, base: 0, words: section.length };
      },
      free: (place: ChunkPlace): void => void (words -= place.words),
    };
    const tables = new Tables(chunks, new ArrayBuffer(UNWIND_RULES * 8));
    const take = (key: string): ReturnType<Tables["take"]> => tables.take(key, `/bin/${key}`, () => read, pause);
    const first = await take("first");
    assert.ok(first.sections.length > 0 && words > 10_000, `${words} words`);
    const size = words;
    // Room for two and a half of them.
    room = size * 2.5;
    const second = await take("second");
    assert.equal(await take("first"), first);
    assert.equal(words, 2 * size);
    first.users = 0;
    const third = await take("third");
    assert.equal(third.sections.length, second.sections.length);
    assert.deepEqual([...tables.withoutRoom], []);
    // Both that are there are in use.
    const fourth = await take("fourth");
    assert.ok(fourth.sections.length < second.sections.length);
    assert.deepEqual([...tables.withoutRoom], ["/bin/fourth"]);
  }));

test("what cannot be read has no table, and the reason is kept", async () => {
  const chunks = { store: (): undefined => undefined, free: (): void => {} };
  const tables = new Tables(chunks, new ArrayBuffer(UNWIND_RULES * 8));
  const text: ReadBytes = () => new TextEncoder().encode("#!/bin/sh\n");
  assert.deepEqual((await tables.take("a", "/bin/script", () => text, pause)).sections, []);
  assert.deepEqual((await tables.take("b", "/bin/gone", () => read("/nonexistent"), pause)).sections, []);
  const narrow: ReadBytes = () => Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 1, ...new Uint8Array(58));
  assert.deepEqual((await tables.take("c", "/bin/narrow", () => narrow, pause)).sections, []);
  // A script is no fault of its own.
  assert.deepEqual([...tables.unreadable.keys()], ["/bin/gone", "/bin/narrow"]);
  assert.match(tables.unreadable.get("/bin/gone") ?? "", /ENOENT/);
});

function read(path: string): ReadBytes {
  openSync(path, "r");
  throw new Error("it is there");
}

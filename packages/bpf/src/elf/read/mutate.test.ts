/**
 * Damaged objects: each is read, or refused by an ElfError; nothing else is thrown, and nothing takes
 * long. SONDE_FUZZ_RUNS sets how many are tried of each kind (the long form has 100,000).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ElfError } from "../errors.ts";
import { compile } from "../testing/objects.ts";
import { writeObject } from "../write/object.ts";
import { readFile } from "./file.ts";
import { readObject } from "./object.ts";

const RUNS = Number(process.env["SONDE_FUZZ_RUNS"] ?? 1500);
/** Milliseconds: what a file of some ten kilobytes may take on a busy machine. */
const MOST_TIME = 3000;

function readOrRefuse(bytes: Uint8Array): void {
  const start = performance.now();
  try {
    readObject(bytes);
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
  }
  const took = performance.now() - start;
  assert.ok(took < MOST_TIME, `took ${took} ms`);
}

const samples = ["elf-kinds", "elf-kernel-symbols", "elf-struct-ops"].map((name) => stripped(compile(name)));
/** One with a `.sonde` section. */
samples.push(
  compile("elf-kinds", { debug: true, target: "bpfeb" }),
  writeObject({
    ...readObject(samples[0]!),
    manifest: {
      maps: [
        {
          name: "@",
          map: "hash",
          keys: [{ offset: 0, type: { kind: "int", size: 8, signed: true } }],
          value: { kind: "count", perCpu: true },
          maxEntries: 8,
        },
      ],
      events: [],
      ring: "ring",
      config: { printMapsOnExit: true, stackMode: "raw" },
    },
  }),
);

/** Without debugging information, which nobody reads: damage should hit what counts. */
function stripped(object: Uint8Array): Uint8Array {
  return writeObject(readObject(object));
}

const sample = fc.nat(samples.length - 1);
/** Numbers at which arithmetic on sizes and offsets goes wrong. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 7, 8, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff8),
  fc.nat(64),
  fc.nat(0xffff_ffff),
);
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("single bytes changed", () => {
  fc.assert(
    fc.property(sample, fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 8 }), (number, changes) => {
      const bytes = samples[number]!.slice();
      for (const [at, value] of changes) bytes[Math.floor(at * bytes.length)] = value;
      readOrRefuse(bytes);
    }),
    { numRuns: RUNS },
  );
});

test("words of section headers, symbols, relocations and BTF changed", () => {
  const tables = samples.map((bytes) =>
    readFile(bytes).sections.filter(({ name }) => /^\.(symtab|rel.*|BTF.*|maps|sonde)$/.test(name)),
  );
  fc.assert(
    fc.property(
      sample,
      fc.array(fc.tuple(fc.nat(20), place, word), { minLength: 1, maxLength: 4 }),
      (number, changes) => {
        const bytes = samples[number]!.slice();
        const view = new DataView(bytes.buffer);
        const little = bytes[5] === 1;
        const headers = { offset: Number(view.getBigUint64(40, little)), size: view.getUint16(60, little) * 64 };
        const places = [headers, headers, ...tables[number]!];
        for (const [table, at, value] of changes) {
          const { offset, size } = places[table % places.length]!;
          if (size >= 4) view.setUint32(offset + Math.floor(at * (size / 4)) * 4, value, little);
        }
        readOrRefuse(bytes);
      },
    ),
    { numRuns: RUNS },
  );
});

test("cut off", () => {
  fc.assert(
    fc.property(sample, place, (number, at) =>
      readOrRefuse(samples[number]!.subarray(0, Math.floor(at * samples[number]!.length))),
    ),
    { numRuns: RUNS / 10 },
  );
});

test("any bytes behind a good header", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 2000 }), (tail) => {
      const bytes = new Uint8Array(64 + tail.length);
      bytes.set(samples[0]!.subarray(0, 64));
      bytes.set(tail, 64);
      new DataView(bytes.buffer).setUint32(40, 64, true);
      readOrRefuse(bytes);
    }),
    { numRuns: RUNS / 10 },
  );
});

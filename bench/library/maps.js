// maps.js ENTRIES: nanoseconds an entry to read all of a hash and decode keys and values. Prints what maps.c prints.
import { createMap, openKernel, TypedMap } from "sonde/kernel";
import { codecOfShape } from "sonde/btf";

const entries = Number(process.argv[2]);
const PASSES = 25;

const map = createMap(openKernel(), {
  name: "bench",
  type: "hash",
  keySize: 4,
  valueSize: 8,
  maxEntries: entries,
  flags: 0,
  keyTypeId: 0,
  valueTypeId: 0,
});
const integers = /** @type {const} */ ([4, 8]).map((size) =>
  codecOfShape({ kind: "int", size, signed: false }, { wide: "number" }),
);
const [key, value] = /** @type {import("sonde/btf").Codec<number>[]} */ (integers);
const typed = new TypedMap(map, /** @type {any} */ (key), /** @type {any} */ (value));
typed.setAll(Array.from({ length: entries }, (_, number) => [number, number * 3]));

let sum = 0;
/** @param {number} entryValue @param {number} entryKey */
const visit = (entryValue, entryKey) => void (sum += entryKey + entryValue);
const passes = [];
for (let pass = 0; pass < PASSES; pass++) {
  sum = 0;
  const start = process.hrtime.bigint();
  typed.forEach(visit);
  passes.push(Number(process.hrtime.bigint() - start) / entries);
}
map.close();
console.log(JSON.stringify({ passes, sum }));

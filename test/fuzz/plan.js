// Which input has which number: the same for the same seed and the same samples.
import { Random } from "../vm-agreement/random.js";
import { mutate } from "./mutate.js";

/** @typedef {import("./samples.js").Samples} Samples */

/** Of seven inputs four are objects and types, one is debugging information, one unwind tables, one a script. @type {readonly (keyof Samples)[]} */
const turns = ["elf", "btf", "elf", "ext", "dwarf", "frames", "script"];

/** How many inputs hold so many of everything but scripts. @param {number} wanted */
export function inputsFor(wanted) {
  return Math.ceil((wanted * turns.length) / (turns.length - 1));
}

/**
 * @param {Samples} samples
 * @param {number} seed
 * @param {number} number from 0
 */
export function makeInput(samples, seed, number) {
  const random = new Random(Math.imul(seed, 0x0100_0193) ^ Math.imul(number, 0x85eb_ca6b));
  const kind = /** @type {keyof Samples} */ (turns[number % turns.length]);
  const sample = random.pick(samples[kind]);
  return { kind, sample: sample.name, bytes: mutate(sample, random) };
}

// npm run fuzz [-- --inputs N] [--seed N] [--input NUMBER [--keep FILE]]
// Damaged objects, types and scripts: every one must be read or refused by a typed error, within a second and 512 MB.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ensureDebianPackages } from "../../tools/lib/prepare.js";
import { campaign, MOST_MEMORY } from "./campaign.js";
import { inputsFor, makeInput } from "./plan.js";
import { readers } from "./readers.js";
import { makeSamples } from "./samples.js";

const { values } = parseArgs({
  options: {
    /** How many objects and types; a quarter as many scripts come with them. */
    inputs: { type: "string", default: "200000" },
    seed: { type: "string", default: "1" },
    /** Only this one, in this process, with the whole stack of what it throws. */
    input: { type: "string" },
    /** Where to put its bytes. */
    keep: { type: "string" },
  },
});
const seed = Number(values.seed);
ensureDebianPackages(["clang-16", "libbpf-dev", "g++"]);
const samples = makeSamples();

if (values.input === undefined) process.exit(await fuzz(inputsFor(Number(values.inputs))));
tryOne(Number(values.input));

/** @param {number} to */
async function fuzz(to) {
  const start = Date.now();
  let said = start;
  const { findings, peak } = await campaign(samples, {
    seed,
    from: 0,
    to,
    onProgress: (number) => {
      if (Date.now() - said < 30_000) return;
      said = Date.now();
      console.log(`${number} of ${to} after ${((said - start) / 1000).toFixed(0)} s`);
    },
  });
  for (const { number, kind, sample, problem } of findings)
    console.log(`input ${number} (${kind}, from ${sample}): ${problem}\n`);
  console.log(
    `${to} inputs of seed ${seed} in ${((Date.now() - start) / 1000).toFixed(0)} s, at most ${peak.toFixed(0)} MB: ${findings.length} findings`,
  );
  if (findings.length > 0) console.log(`look at one by: npm run fuzz -- --seed ${seed} --input NUMBER`);
  return findings.length === 0 && peak <= MOST_MEMORY ? 0 : 1;
}

/** @param {number} number */
function tryOne(number) {
  const { kind, sample, bytes } = makeInput(samples, seed, number);
  if (values.keep !== undefined) writeFileSync(values.keep, bytes);
  console.log(`input ${number}: ${kind}, ${bytes.length} bytes made from ${sample}`);
  const start = performance.now();
  readers[kind](bytes);
  console.log(`read or refused within ${(performance.now() - start).toFixed(1)} ms`);
}

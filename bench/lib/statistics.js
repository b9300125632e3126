// Medians and spreads, and series of runs that take turns so that all meet the same noise.

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/** By linear interpolation between neighbours. @param {readonly number[]} values not empty @param {number} q from 0 to 1 */
export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * Runs each contender once a round, in turns, and returns what each gave. The first round warms the
 * caches and is thrown away.
 * @template T
 * @param {number} rounds
 * @param {Record<string, () => T | Promise<T>>} contenders
 * @returns {Promise<Record<string, T[]>>}
 */
export async function takeTurns(rounds, contenders) {
  /** @type {Record<string, T[]>} */
  const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      const value = await run();
      if (round > 0) results[name]?.push(value);
    }
  }
  return results;
}

/** "Did you mean ...?": the nearest of some names to one that does not exist. */

/** More slips than this are another name. It also keeps the search quick among the 60,000 functions of a kernel. */
const MOST_SLIPS = 3;

/**
 * The name with the least edit distance to `wanted`, if it is near enough to be a slip: a third of
 * the letters, a swap of neighbours counted once. The first of equals wins.
 */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  let limit = Math.min(MOST_SLIPS, Math.floor((wanted.length + 1) / 3));
  if (limit === 0) return undefined;
  let best: string | undefined;
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, name, limit);
    if (distance <= limit) {
      best = name;
      limit = distance - 1;
      if (limit <= 0) break;
    }
  }
  return best;
}

/** As a hint: `did you mean X?`, or undefined when nothing is near. */
export function didYouMean(wanted: string, names: Iterable<string>): string | undefined {
  const name = nearest(wanted, names);
  return name === undefined ? undefined : `did you mean ${name}?`;
}

/** Damerau's distance (optimal string alignment), without regard to case; anything above `limit` may come back as `limit + 1`. */
export function editDistance(left: string, right: string, limit: number = Infinity): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  if (a === b) return 0;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1);
      }
      current.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return limit + 1;
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

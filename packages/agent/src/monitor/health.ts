/** Whether a new version does its work, by what it could not record in its first seconds. */
import type { LossTotals } from "@sonde/runtime";

export interface HealthSample {
  /** Milliseconds, on a clock that only grows. */
  readonly at: number;
  readonly losses: LossTotals;
}

/** Losses a second that any version may have. */
const TOLERATED = 10;

/** How far stacks reach is the watched programs' doing more than the version's. */
const KINDS = [
  ["ringFull", "events that its ring had no room for"],
  ["mapFull", "updates that a map had no room for"],
  ["stackLost", "stacks that were not kept"],
] as const;

/**
 * Why a version should be taken back, or undefined. It may lose what the one before it lost, twice over.
 * @param usual losses a second of the version before
 */
export function unhealthy(usual: LossTotals, from: HealthSample, to: HealthSample): string | undefined {
  const rate = lossRate(from, to);
  for (const [kind, what] of KINDS) {
    if (rate[kind] > TOLERATED + 2 * usual[kind])
      return `it lost ${Math.round(rate[kind])} ${what} a second; the version before it lost ${Math.round(usual[kind])}`;
  }
  return undefined;
}

/** Losses a second. */
export function lossRate(from: HealthSample, to: HealthSample): LossTotals {
  const seconds = Math.max((to.at - from.at) / 1000, 0.001);
  const rate = (kind: keyof LossTotals): number => Math.max(to.losses[kind] - from.losses[kind], 0) / seconds;
  return {
    ringFull: rate("ringFull"),
    mapFull: rate("mapFull"),
    stackLost: rate("stackLost"),
    stackIncomplete: rate("stackIncomplete"),
  };
}

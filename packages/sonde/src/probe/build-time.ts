/** What this module's functions are when a monitor is run like any program, which it is not made for. */

/** A function that says so, of whatever type it is when a monitor is built. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the type is the declaration's
export function atBuildTime<F>(name: string): F {
  const fail = (): never => {
    throw new TypeError(
      `${name}() of sonde/probe: a monitor is built, not run. Build it with 'sonde build MONITOR.ts', run it with 'sonde run MONITOR.ts', test it with 'sonde/testing'`,
    );
  };
  return fail as F;
}

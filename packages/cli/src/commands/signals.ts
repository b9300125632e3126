import type { Session } from "@sonde/runtime";

/**
 * The first signal ends the session in order, as soon as it has started if it is still about to; a second one
 * ends the process at once. To be called before anything says that the session runs.
 */
export function endOnSignals(starting: Promise<Session>): void {
  let asked = false;
  const end = (): void => {
    if (asked) process.exit(130);
    asked = true;
    // A failure shows in the session's start and its end, which the command awaits.
    starting.then((session) => session.stop()).catch(() => {});
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
}

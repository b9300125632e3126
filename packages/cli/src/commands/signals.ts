import type { Session } from "@sonde/runtime";

/** The first signal ends the session in order; a second one ends the process at once. */
export function endOnSignals(session: Session): void {
  let asked = false;
  const end = (): void => {
    if (asked) process.exit(130);
    asked = true;
    // A failure shows in `session.ended`, which the command awaits.
    session.stop().catch(() => {});
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
}

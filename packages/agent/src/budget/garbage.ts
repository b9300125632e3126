/**
 * Collects old garbage now, in some tens of milliseconds: bin/sonde starts the agent with --expose-gc, and with V8's
 * own search for it in quiet moments off, which costs an idle process more than all that it does. Without the flag
 * V8 does as it likes.
 */
export function collectGarbage(): void {
  globalThis.gc?.();
}

/** Unwind information that cannot be read; the message says what was wrong, and where. */
export class EhFrameError extends Error {
  override readonly name = "EhFrameError";
}

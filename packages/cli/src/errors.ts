/** An error for a person: its message, its causes, and with SONDE_DEBUG set where it was thrown. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (process.env["SONDE_DEBUG"] !== undefined) return error.stack ?? error.message;
  const { message, cause } = error;
  const told = error.name === "FileError" || (cause instanceof Error && message.includes(cause.message));
  const more = cause instanceof Error && !told ? `\n  because: ${cause.message}` : "";
  return `${message}${more}`;
}

/** BTF that cannot be read, built or found; the message says what was asked of which type. */
export class BtfError extends Error {
  override readonly name = "BtfError";
}

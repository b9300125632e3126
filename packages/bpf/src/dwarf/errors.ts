/** Debugging information that cannot be read: damaged, of an unknown version, or kept somewhere else. */
export class DwarfError extends Error {
  override readonly name = "DwarfError";
}

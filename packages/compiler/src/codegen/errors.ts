/** A program that is well-formed but does not fit the BPF machine. The message says what would not fit and what to do. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}

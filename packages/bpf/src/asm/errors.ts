/** Instructions that cannot be laid out, encoded or decoded; the message names the instruction. */
export class AsmError extends Error {
  override readonly name = "AsmError";
}

/** System calls that only tests make. */
import { loadFfi } from "../../sys/ffi.ts";

/** Up to five arguments, numbers or texts. Throws with the errno's number. */
export function systemCall(number: number, ...args: readonly (number | string | null)[]): number {
  const ffi = loadFfi();
  const types = args.map((argument) => (typeof argument === "number" ? "long" : "str"));
  const result = ffi.load(null).func("syscall", "long", ["long", ...types])(number, ...args) as number;
  if (result === -1) throw new Error(`system call ${number}: errno ${ffi.errno()}`);
  return result;
}

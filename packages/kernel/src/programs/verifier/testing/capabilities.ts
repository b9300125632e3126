/** Tests as a process that may do less. */
import { loadFfi } from "../../../sys/ffi.ts";
import { CAPABILITIES } from "../../../sys/capabilities.ts";

/** Of linux/capability.h: version 3 of the interface, which has 64 capabilities in two halves. */
const VERSION_3 = 0x20080522;

/** Runs without these capabilities (as in {@link CAPABILITIES}), on this thread; they are back afterwards. */
export function withoutCapabilities<Result>(names: readonly string[], run: () => Result): Result {
  const libc = loadFfi().load("libc.so.6");
  const capget = libc.func("int capget(void *header, void *data)");
  const capset = libc.func("int capset(void *header, void *data)");
  // version, pid; then effective, permitted, inheritable, each of the lower and of the upper half.
  const header = new Uint32Array([VERSION_3, 0]);
  const all = new Uint32Array(6);
  checkZero(capget(header, all), "capget");
  const fewer = all.slice();
  for (const name of names) {
    const number = CAPABILITIES.indexOf(name);
    if (number < 0) throw new Error(`there is no capability '${name}'`);
    fewer[Math.trunc(number / 32) * 3]! &= ~(1 << (number % 32));
  }
  checkZero(capset(header, fewer), "capset");
  try {
    return run();
  } finally {
    checkZero(capset(header, all), "capset");
  }
}

function checkZero(result: number, call: string): void {
  if (result !== 0) throw new Error(`${call} failed`);
}

/** Tests as a process that may load programs, but not look into the kernel. */
import { loadFfi } from "../../../sys/ffi.ts";

/** Of linux/capability.h: version 3 of the interface, which has 64 capabilities in two halves. */
const VERSION_3 = 0x20080522;
const CAP_SYS_ADMIN = 21;
const CAP_PERFMON = 38;

/**
 * Runs without CAP_PERFMON and CAP_SYS_ADMIN (which includes it), on this thread; they are back
 * afterwards.
 */
export function withoutTracingCapabilities<Result>(run: () => Result): Result {
  const libc = loadFfi().load("libc.so.6");
  const capget = libc.func("int capget(void *header, void *data)");
  const capset = libc.func("int capset(void *header, void *data)");
  // version, pid; then effective, permitted, inheritable, each of the lower and of the upper half.
  const header = new Uint32Array([VERSION_3, 0]);
  const all = new Uint32Array(6);
  checkZero(capget(header, all), "capget");
  const fewer = all.slice();
  for (const capability of [CAP_SYS_ADMIN, CAP_PERFMON]) {
    fewer[Math.trunc(capability / 32) * 3]! &= ~(1 << (capability % 32));
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

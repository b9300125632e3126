/** The names of signals by their numbers, which are the same on x86-64 and arm64. */

const NAMES =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );
const FIRST_REALTIME = 32;
const LAST = 64;

/** "SIGKILL", "SIGRTMIN+2" as the kernel counts them; the number's text where there is no such signal. */
export function signalName(number: bigint): string {
  const index = Number(number);
  const name = NAMES[index - 1];
  if (name !== undefined) return `SIG${name}`;
  if (index < FIRST_REALTIME || index > LAST) return String(number);
  return index === FIRST_REALTIME ? "SIGRTMIN" : `SIGRTMIN+${index - FIRST_REALTIME}`;
}

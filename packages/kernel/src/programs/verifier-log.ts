/**
 * Reads the verifier's log. It retells the path that failed, instruction by instruction:
 *
 *     ; @ = count() @ -e:1:3                      the source line, where line info was given
 *     3: (79) r0 = *(u64 *)(r0 +0)                slot, opcode, instruction; then maybe register states
 *     R0 invalid mem access 'map_value_or_null'   the reason
 *     processed 4 insns (limit 1000000) ...       statistics
 *
 * Refusals from before the walk (a helper that does not exist, code that cannot be reached) have only
 * the reason, which often names an instruction.
 */
export interface VerifierVerdict {
  /** Why the program was refused: the verifier's last words, one or more lines; empty if there are none. */
  readonly reason: string;
  /** The instruction slot concerned, if the log tells. */
  readonly slot: number | undefined;
}

export function readVerifierLog(log: string): VerifierVerdict {
  let reason: string[] = [];
  let slot: number | undefined;
  for (const line of log.split("\n")) {
    const at = instructionSlot(line);
    if (at !== undefined) {
      slot = at;
      reason = [];
    } else if (isReason(line)) {
      reason.push(line.trim());
    }
  }
  const named = /\binsn (\d+)/.exec(reason.at(-1) ?? "")?.[1];
  return { reason: reason.join("\n"), slot: slot ?? (named === undefined ? undefined : Number(named)) };
}

/** 3 for "3: (79) r0 = ...". */
function instructionSlot(line: string): number | undefined {
  const colon = line.indexOf(": (");
  if (colon <= 0) return undefined;
  const slot = Number(line.slice(0, colon));
  return Number.isInteger(slot) ? slot : undefined;
}

/** Lines about the walk itself: statistics, sources, register states, how the walk went on or back. */
const NARRATION =
  /^(processed \d|verification time|stack depth|max_states|mark_precise|; |from \d|R\d+[=_]|\d+: (R\d|safe)|last_idx|parent |regs=|frame\d|caller:|callee:|returning from|propagating|func#|arg#\d|Func#\d+ .*\bis safe|Validating |BPF program is too large\. Processed$|-+$|live regs)/;

function isReason(line: string): boolean {
  return line.trim() !== "" && !NARRATION.test(line.trimStart());
}

/**
 * Reads the verifier's log. It retells how the verifier walked through the program, until it refused:
 *
 *     0: R1=ctx() R10=fp0                         all registers before an instruction
 *     ; @ = count() @ -e:1:3                      the source line, where line info was given
 *     3: (79) r0 = *(u64 *)(r0 +0)  ; R0=...      slot, opcode, instruction; what it changed
 *     from 7 to 11: R0=0 R10=fp0                  back at an earlier branch: now its other way
 *     R0 invalid mem access 'map_value_or_null'   the reason
 *     processed 4 insns (limit 1000000) ...       statistics
 *
 * Kernels before 5.18 tell all registers after branches only, and nothing of what an instruction
 * changed. Refusals from before the walk (a helper that does not exist, code that cannot be reached)
 * have only the reason, which often names an instruction.
 */
export interface VerifierLog {
  /** Why the program was refused: the verifier's last words, one or more lines; empty if there are none. */
  readonly reason: string;
  /** The instruction slot concerned, if the log tells. */
  readonly slot: number | undefined;
  /** The instructions from the program's entry to the refused one, as they would run; other paths are left out. */
  readonly path: readonly VerifierStep[];
  readonly statistics: VerifierStatistics | undefined;
}

export interface VerifierStep {
  readonly slot: number;
  /** "r0 = *(u64 *)(r0 +0)". */
  readonly instruction: string;
  /** The source line as the kernel has it, where this instruction begins another one. */
  readonly source: string | undefined;
  /** Registers before and after it as the verifier writes them ("R0=map_value(...) R10=fp0"); empty where it does not say. */
  readonly before: string;
  readonly after: string;
}

export interface VerifierStatistics {
  /** Instructions that the verifier looked at, on all paths, and how many it is ready to look at. */
  readonly processed: number;
  readonly limit: number;
  readonly totalStates: number | undefined;
}

export function readVerifierLog(log: string): VerifierLog {
  const walk = new Walk();
  let statistics: VerifierStatistics | undefined;
  for (let start = 0; start < log.length;) {
    const newline = log.indexOf("\n", start);
    const end = newline === -1 ? log.length : newline;
    const line = log.slice(start, end).trim();
    start = end + 1;
    if (line.startsWith("processed ")) statistics = readStatistics(line);
    else if (line !== "") walk.read(line);
  }
  const reason = walk.reason.join("\n");
  const named = /\binsn (\d+)\b/.exec(walk.reason.at(-1) ?? "")?.[1];
  return { reason, slot: walk.slot ?? (named === undefined ? undefined : Number(named)), path: walk.path, statistics };
}

interface Step {
  slot: number;
  instruction: string;
  source: string | undefined;
  before: string;
  after: string;
  /** The walk has come back to this branch for its other way. */
  resumed: boolean;
}

/** The walk that the lines retell, as a stack of the instructions on the present path. */
class Walk {
  readonly path: Step[] = [];
  reason: string[] = [];
  /** Registers and source line that belong to the next instruction. */
  #before = "";
  #source: string | undefined;
  /** In a digression: states shown there are those of earlier instructions. */
  #digressing = false;

  get slot(): number | undefined {
    return this.path.at(-1)?.slot;
  }

  read(line: string): void {
    const kind = line.charCodeAt(0);
    if (kind >= ZERO && kind <= NINE && this.#readNumbered(line)) return;
    if (line.startsWith("; ")) this.#source = line.slice(2);
    else if (DIGRESSION.test(line)) this.#digressing = true;
    else if (line.startsWith("from ")) this.#goBack(line);
    else if (STATES.test(line)) this.#readStates(line);
    else if (!NARRATION.test(line)) this.reason.push(line);
  }

  /** "3: (79) r0 = ...", "3: R0=..." or "3: safe". */
  #readNumbered(line: string): boolean {
    const colon = line.indexOf(": ");
    const slot = Number(line.slice(0, colon));
    if (colon <= 0 || !Number.isInteger(slot)) return false;
    if (line.charCodeAt(colon + 2) === PARENTHESIS) {
      this.#readInstruction(slot, line.slice(colon + 2));
      return true;
    }
    const rest = line.slice(colon + 2);
    if (STATES.test(rest)) this.#before = rest;
    return STATES.test(rest) || rest.startsWith("safe");
  }

  /** "(79) r0 = *(u64 *)(r0 +0)   ; R0=...". */
  #readInstruction(slot: number, text: string): void {
    const comment = text.indexOf(";");
    const instruction = text.slice(text.indexOf(")") + 1, comment === -1 ? undefined : comment).trim();
    const after = comment === -1 ? "" : text.slice(comment + 1).trim();
    this.path.push({ slot, instruction, source: this.#source, before: this.#before, after, resumed: false });
    this.#before = "";
    this.#source = undefined;
    this.#digressing = false;
    this.reason = [];
  }

  #readStates(line: string): void {
    const step = this.path.at(-1);
    if (this.#digressing) return;
    if (step === undefined) this.#before = line;
    else step.after = line;
  }

  /** "from 7 to 11: R0=0 R10=fp0": what came after that branch was another path. */
  #goBack(line: string): void {
    const match = /^from (\d+) to \d+[^:]*:\s*(.*)/.exec(line);
    if (match === null) return;
    const from = Number(match[1]);
    const branch = this.path.findLastIndex(({ slot, resumed }) => slot === from && !resumed);
    if (branch !== -1) {
      this.path.length = branch + 1;
      // What the log says after it is about the other way.
      this.path[branch]!.after = "";
      this.path[branch]!.resumed = true;
    }
    this.#before = STATES.test(match[2]!) ? match[2]! : "";
    this.#digressing = false;
    this.reason = [];
  }
}

const ZERO = 48;
const NINE = 57;
const PARENTHESIS = 40;
const STATES = /^(?:frame\d+: )?R\d+[=_]/;
/** The verifier traces back where a number came from. */
const DIGRESSION = /^(?:last_idx |regs=|parent |mark_precise|propagating)/;
/** Neither a step nor a reason. */
const NARRATION =
  /^(?:verification time|stack depth|max_states|caller:|callee:|returning from|to caller|func#|func '.*' arg|arg#|(?:cur|old) state:|Func#\d+ .*\bis safe|Validating |frame\d|-+$|live regs)/;

/** "processed 15 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1". */
function readStatistics(line: string): VerifierStatistics | undefined {
  const counts = /^processed (\d+) insns \(limit (\d+)\)/.exec(line);
  if (counts === null) return undefined;
  const states = /\btotal_states (\d+)/.exec(line)?.[1];
  return {
    processed: Number(counts[1]),
    limit: Number(counts[2]),
    totalStates: states === undefined ? undefined : Number(states),
  };
}

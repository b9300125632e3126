/** The registers that a refusal is about, and what the verifier knew of them. */
import type { VerifierLog, VerifierStep } from "./log.ts";

/** Numbers of the registers involved: those that the reason names, else those that the refused instruction uses. */
export function registersInvolved({ reason, path }: VerifierLog): readonly number[] {
  const named = numbers(reason, /\bR(\d+)\b/g);
  if (named.length > 0) return named;
  const instruction = path.at(-1)?.instruction ?? "";
  // What is overwritten does not matter; what is changed (r0 += r6) does.
  const used = instruction.replace(/^[rw]\d+ = /, "");
  return numbers(used, /\b[rw](\d+)\b/g).filter((register) => register !== FRAME_POINTER);
}

const FRAME_POINTER = 10;

function numbers(text: string, pattern: RegExp): readonly number[] {
  return [...new Set(Array.from(text.matchAll(pattern), (match) => Number(match[1])))];
}

/**
 * The state of a register before the refused instruction, as the verifier writes it:
 * "map_value_or_null(id=1,map=m,ks=4,vs=8)". Undefined if the log does not tell.
 */
export function lastState(path: readonly VerifierStep[], register: number): string | undefined {
  for (let index = path.length - 1; index >= 0; index--) {
    const step = path[index]!;
    const refused = index === path.length - 1;
    const state = stateIn(step.after, register);
    if (state !== undefined) return state;
    // An instruction that changes the register makes all that was said before it worthless.
    if (!refused && changes(step.instruction, register)) return undefined;
    const before = stateIn(step.before, register);
    if (before !== undefined) return before;
  }
  return undefined;
}

/** "R0_w=map_value(id=0,off=0) R6=5" holds for register 6: "5". */
function stateIn(states: string, register: number): string | undefined {
  const match = new RegExp(`(?:^|\\s)R${register}(?:_\\w+)?=(\\S+(?:\\([^)]*\\))?)`).exec(states);
  if (match === null) return undefined;
  const start = match.index + match[0].length - match[1]!.length;
  return states.slice(start, endOfState(states, start));
}

/** A state ends at the first space that no parenthesis holds: "scalar(var_off=(0x0; 0xff))". */
function endOfState(states: string, start: number): number {
  let depth = 0;
  for (let at = start; at < states.length; at++) {
    const character = states[at];
    if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === " " && depth === 0) return at;
  }
  return states.length;
}

/** Calls overwrite r0 to r5; those of a subprogram change to registers of its own. */
function changes(instruction: string, register: number): boolean {
  if (instruction.startsWith("call ")) return register <= 5 || instruction.startsWith("call pc");
  if (instruction === "exit") return true;
  return new RegExp(`^[rw]${register}\\b`).test(instruction) || instruction.includes("_fetch");
}

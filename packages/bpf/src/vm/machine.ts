/**
 * What runs translated programs: registers, memory, the stack and its frames, and the count of
 * instructions that ends every run.
 */
import { R0, R1, R10, R5, R6, R9, STACK_SIZE } from "../asm/registers.ts";
import type { Layout } from "../asm/layout.ts";
import { Trap, VmFault } from "./fault.ts";
import { highOf, lowOf, BASE, Memory } from "./memory.ts";
import type { Region } from "./memory.ts";
import type { Registers } from "./registers.ts";
import { EXIT } from "./step.ts";
import type { Step } from "./step.ts";

/** A translated program. */
export interface Code {
  readonly name: string;
  readonly layout: Layout;
  readonly steps: readonly Step[];
}

/** The kernel's own limits: MAX_CALL_FRAMES, MAX_TAIL_CALL_CNT, BPF_MAX_LOOPS. */
const MAX_FRAMES = 8;
const MAX_TAIL_CALLS = 33;
const MAX_LOOPS = 8 * 1024 * 1024;

/** Frames lie apart, so that leaving one at either end shows. */
const FRAME_STRIDE = 2 * STACK_SIZE;
/** What a frame holds before it is written to: the same garbage on every run. */
const GARBAGE = 0xa5;

export class Machine {
  readonly registers: Registers;
  readonly memory: Memory = new Memory();
  readonly #stack: Region;
  #depth = 0;
  #left = 0;
  #tailCalls = 0;
  #loops = 0;
  #tail: Code | undefined;

  constructor(registers: Registers) {
    this.registers = registers;
    this.#stack = this.memory.map({
      name: "a stack frame",
      writable: true,
      bytes: new Uint8Array(MAX_FRAMES * FRAME_STRIDE),
      elements: { stride: FRAME_STRIDE, extent: STACK_SIZE },
    });
  }

  /**
   * Runs a program with `context` in R1 and gives R0 and how many instructions it took. Throws
   * VmFault.
   */
  run(code: Code, context: bigint, budget: number): { result: bigint; instructions: number } {
    this.#depth = 0;
    this.#left = budget;
    this.#tailCalls = 0;
    this.#loops = 0;
    const result = this.#enter(code, 0, [context]);
    return { result, instructions: budget - this.#left };
  }

  /** Runs a function of a program by its address, as {@link run} runs a program: for what the kernel calls later. */
  runFunction(address: bigint, args: readonly bigint[], budget: number): bigint {
    this.#depth = 0;
    this.#left = budget;
    this.#tailCalls = 0;
    this.#loops = 0;
    return this.callback(address, args);
  }

  /** `call` of the subprogram whose first instruction is at `index`: R1 to R5 are passed, R6 to R9 kept. */
  call(code: Code, index: number): void {
    const { u64 } = this.registers;
    const kept = u64.slice(R6, R10 + 1);
    this.#frame(() => this.#execute(code, index));
    u64.set(kept, R6);
    this.registers.poison(R1, R5);
  }

  /** Calls a callback, by the address that `func[label]` gave, from inside a helper; all registers are kept. */
  callback(address: bigint, args: readonly bigint[]): bigint {
    const code = this.memory.region(highOf(address))?.object as Code | undefined;
    const index = lowOf(address) - BASE;
    if (code?.steps?.[index] === undefined)
      throw new Trap(`0x${address.toString(16)} is no function of the program`, address);
    const kept = this.registers.u64.slice(0, R10 + 1);
    const result = this.#enter(code, index, args);
    this.registers.u64.set(kept, 0);
    return result;
  }

  /** Makes another program take over after this step; false if there were too many already. */
  tailCall(code: Code): boolean {
    if (this.#tailCalls === MAX_TAIL_CALLS) return false;
    this.#tailCalls++;
    this.#tail = code;
    return true;
  }

  /** Whether `may_goto` has used up what a run may loop. */
  mayGotoIsOver(): boolean {
    return ++this.#loops > MAX_LOOPS;
  }

  #enter(code: Code, index: number, args: readonly bigint[]): bigint {
    const { registers } = this;
    registers.poison(R0, R9);
    for (const [position, value] of args.entries()) registers.u64[R1 + position] = value;
    this.#frame(() => this.#execute(code, index));
    return registers.u64[R0]!;
  }

  #frame(execute: () => void): void {
    if (this.#depth === MAX_FRAMES) throw new Trap(`more than ${MAX_FRAMES} frames: calls are nested too deeply`);
    const start = this.#depth++ * FRAME_STRIDE;
    this.#stack.bytes.fill(GARBAGE, start, start + STACK_SIZE);
    this.registers.u64[R10] = this.#stack.address + BigInt(start + STACK_SIZE);
    execute();
    this.#depth--;
  }

  #execute(code: Code, index: number): void {
    let { steps } = code;
    let at = index;
    try {
      for (;;) {
        if (this.#left === 0) throw new Trap("the budget of instructions is used up");
        this.#left--;
        const next = steps[at]!();
        if (next >= 0) {
          at = next;
        } else if (next === EXIT) {
          return;
        } else {
          code = this.#tail!;
          ({ steps } = code);
          at = 0;
        }
      }
    } catch (error) {
      throw error instanceof Trap ? this.#fault(error, code, at) : error;
    }
  }

  #fault(trap: Trap, code: Code, index: number): VmFault {
    return new VmFault(trap, {
      program: code.name,
      slot: code.layout.slots[index] ?? code.layout.size,
      instruction: code.layout.instructions[index],
      registers: this.registers.snapshot(),
    });
  }
}

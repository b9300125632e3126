/** The compiler's back: from a module of the intermediate form to BPF instructions. */
import type { Instruction } from "@sonde/bpf/asm";
import type { Func, Module } from "../ir/ir.ts";
import { PASSES, runPasses } from "../passes/index.ts";
import type { Pass } from "../passes/index.ts";
import { expand } from "../passes/expand.ts";
import { dropUncalled, inlineCalls } from "../passes/inline.ts";
import { generate } from "./generate.ts";

export { CompileError } from "./errors.ts";

export interface CompileOptions {
  /** All of {@link PASSES} if not given. */
  readonly passes?: readonly Pass[];
  /** Called for each function as it was built ("built"), after each pass that changed it, and before code is generated ("final"). */
  readonly dump?: (func: Func, stage: string) => void;
}

export interface Compiled {
  /**
   * The main function, then the others, each starting with its name as label: what
   * `ProgramSpec.instructions` holds.
   */
  readonly instructions: Instruction[];
  /** Names of those functions; what was inlined everywhere, or is never called, is not among them. */
  readonly functions: readonly string[];
}

/**
 * Optimises and generates code. The module's functions are changed on the way and not to be used
 * afterwards. Throws CompileError if a function does not fit the BPF machine.
 */
export function compileModule(module: Module, options: CompileOptions = {}): Compiled {
  const { passes = PASSES, dump } = options;
  const after = dump === undefined ? undefined : { after: (func: Func, pass: Pass): void => dump(func, pass.name) };
  const instructions: Instruction[] = [];
  if (passes.length > 0) inlineCalls(module);
  for (const func of [module.main, ...module.functions]) {
    dump?.(func, "built");
    runPasses(func, passes, after);
    // What was expanded is worth the same passes again: constants meet, dead halves go.
    if (expand(func)) runPasses(func, passes, after);
    dump?.(func, "final");
  }
  // Dead code may have held the last call of a function, and the kernel takes none that nothing refers to.
  dropUncalled(module);
  for (const func of [module.main, ...module.functions])
    for (const instruction of generate(func)) instructions.push(instruction);
  return { instructions, functions: [module.main, ...module.functions].map(({ name }) => name) };
}

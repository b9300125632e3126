/** A program or library: its functions, and its debugging information from the first time that it is asked for. */
import { type Dwarf, DwarfError, type Frame } from "@sonde/bpf/dwarf";
import { ElfError } from "./elf.ts";
import type { FunctionTable } from "./function-table.ts";
import { quietly } from "./quietly.ts";

export class CodeFile {
  readonly functions: FunctionTable;
  /** In hexadecimal; undefined where the linker has written none. */
  readonly buildId: string | undefined;
  readonly #open: () => Dwarf | undefined;
  #debugInfo: Dwarf | undefined | null = null;

  /** @param open finds the debugging information; undefined where there is none */
  constructor(functions: FunctionTable, buildId: string | undefined, open: () => Dwarf | undefined) {
    this.functions = functions;
    this.buildId = buildId;
    this.#open = open;
  }

  /** Lets go of the debugging information; functions keep their names, but lines are not known any more. */
  close(): void {
    this.#debugInfo?.[Symbol.dispose]();
    this.#debugInfo = undefined;
  }

  /** The functions and lines at an offset in the file, the innermost first; none where nothing is said, or it is damaged. */
  frames(fileOffset: number): readonly Frame[] {
    const address = this.functions.addressOf(fileOffset);
    if (address === undefined) return [];
    if (this.#debugInfo === null) this.#debugInfo = quietly(this.#open);
    try {
      return this.#debugInfo?.framesAt(address) ?? [];
    } catch (error) {
      if (error instanceof DwarfError || error instanceof ElfError) return [];
      throw error;
    }
  }
}

/** Rewrites one block: its new list of instructions is filled while the old one is walked. */
import type { CoreRelocation, SourcePosition } from "@sonde/bpf/asm";
import type { LoadOptions } from "../ir/builder.ts";
import { applyReplacements, resolve } from "../ir/edges.ts";
import type { Replacements } from "../ir/edges.ts";
import type { AccessSize, BinaryOp, Block, CompareOp, Func, Inst, ValueType, Width } from "../ir/ir.ts";
import { makeConst, operand, operandCount, SCALAR, setOperand } from "../ir/values.ts";

/** What stands in the place of an instruction; undefined, or itself, keeps it. */
type Replace = (editor: Editor, inst: Inst) => Inst | undefined;

/**
 * Goes through a function's instructions (or those of some of its blocks) in their order, with operands
 * that are up to date. Whether any was replaced.
 */
export function replaceInstructions(func: Func, replace: Replace, blocks: readonly Block[] = func.blocks): boolean {
  const table: Replacements = [];
  for (const block of blocks) {
    const editor = new Editor(func, block);
    for (const inst of block.insts) {
      const count = operandCount(inst);
      for (let index = 0; index < count; index++) {
        const given = operand(inst, index);
        if (table[given.id] !== undefined) setOperand(inst, index, resolve(table, given));
      }
      editor.source = inst.source;
      const value = replace(editor, inst) ?? inst;
      if (value === inst) editor.keep(inst);
      else table[inst.id] = value;
    }
    block.insts = editor.out;
  }
  if (table.length === 0) return false;
  applyReplacements(func, table);
  return true;
}

export class Editor {
  readonly func: Func;
  /** What the block will hold. */
  readonly out: Inst[] = [];
  /** Where what is made comes from. */
  source: SourcePosition | undefined;
  readonly #block: Block;

  constructor(func: Func, block: Block) {
    this.func = func;
    this.#block = block;
  }

  keep(inst: Inst): void {
    this.out.push(inst);
  }

  constant(value: bigint | number): Inst {
    return makeConst(this.func, BigInt(value));
  }

  mapValue(map: string, offset: number, type: ValueType): Inst {
    return { ...this.#base(type), op: "mapValue", map, offset };
  }

  binary(kind: BinaryOp, a: Inst, b: Inst, width: Width = 64, type: ValueType = SCALAR): Inst {
    return this.#add({ ...this.#base(type), op: "binary", kind, width, a, b });
  }

  extend(a: Inst, bits: 8 | 16 | 32, signed: boolean): Inst {
    return this.#add({ ...this.#base(SCALAR), op: "extend", bits, signed, a });
  }

  compare(kind: CompareOp, a: Inst, b: Inst, width: Width): Inst {
    return this.#add({ ...this.#base(SCALAR), op: "compare", kind, width, a, b });
  }

  load(base: Inst, offset: number, size: AccessSize, options: LoadOptions = {}): Inst {
    const { signed = false, core, volatile = false, type = SCALAR } = options;
    return this.#add({ ...this.#base(type), op: "load", size, signed, base, offset, core, volatile });
  }

  call(helper: number, args: Inst[], type: ValueType = SCALAR): Inst {
    return this.#add({ ...this.#base(type), op: "call", helper, args });
  }

  core(core: CoreRelocation, fallback: number): Inst {
    return { ...this.#base(SCALAR), op: "coreValue", core, fallback };
  }

  store(base: Inst, offset: number, size: AccessSize, value: Inst): void {
    this.#add({ ...this.#base(SCALAR), op: "store", size, base, offset, value });
  }

  #base(type: ValueType): Pick<Inst, "id" | "type" | "block" | "source"> {
    return { id: this.func.nextId++, type, block: this.#block, source: this.source };
  }

  #add(inst: Inst): Inst {
    this.out.push(inst);
    return inst;
  }
}

/**
 * What was stored to the stack is not loaded again while it is still known, on all ways to the place.
 * Only slots whose address goes nowhere but into accesses and calls are looked at.
 */
import { frameAddress } from "../codegen/frame.ts";
import { applyReplacements, resolve, reversePostorder } from "../ir/edges.ts";
import type { Replacements } from "../ir/edges.ts";
import type { Block, Func, Inst, Load } from "../ir/ir.ts";
import { Editor } from "./editor.ts";
import { ContentsByBlock } from "./stack-contents.ts";
import type { StackContents } from "./stack-contents.ts";

export function forwardStores(func: Func): boolean {
  const contents = new ContentsByBlock(func);
  const table: Replacements = [];
  for (const block of reversePostorder(func)) walk(func, block, contents.enter(block), table);
  if (table.length === 0) return false;
  applyReplacements(func, table);
  return true;
}

function walk(func: Func, block: Block, contents: StackContents, table: Replacements): void {
  const editor = new Editor(func, block);
  for (const inst of block.insts) {
    editor.source = inst.source;
    if (inst.op === "load") {
      const value = known(editor, inst, contents);
      if (value !== undefined) {
        table[inst.id] = resolve(table, value);
        continue;
      }
    }
    editor.keep(inst);
    contents.note(inst, inst.op === "store" ? resolve(table, inst.value) : undefined);
  }
  block.insts = editor.out;
}

/** The value that a load gives, if it was stored in the same place, at least as wide: the machine is little-endian. */
function known(editor: Editor, load: Load, contents: StackContents): Inst | undefined {
  const address = load.volatile || load.core !== undefined ? undefined : frameAddress(load.base);
  if (address === undefined || load.type.kind === "pointer") return undefined;
  const offset = address.offset + load.offset;
  const stored = contents.of(address.slot).find((each) => each.offset === offset && each.size >= load.size);
  if (stored === undefined || stored.value.type.kind === "pointer") return undefined;
  const bits = load.size * 8;
  return bits === 64 ? stored.value : editor.extend(stored.value, bits as 8 | 16 | 32, load.signed);
}

/**
 * Keys that are equal are built once, and what was looked up is not looked up again while the map has
 * not been changed by the program on any way in between. Other CPUs may have changed it, as they may
 * between a look-up and its use.
 */
import { helperEffects } from "../codegen/helpers.ts";
import { applyReplacements, resolve, reversePostorder } from "../ir/edges.ts";
import type { Replacements } from "../ir/edges.ts";
import type { Block, Call, Func, Inst, Slot } from "../ir/ir.ts";
import { ContentsByBlock, endsOf } from "./stack-contents.ts";
import type { StackContents } from "./stack-contents.ts";

const LOOKUP = 1;
const UPDATE = 2;
const DELETE = 3;

/** A look-up whose answer still holds. */
interface Found {
  readonly map: string;
  readonly key: string;
  readonly answer: Inst;
}

/** What is known at a place: look-ups, and one slot for each key. */
interface Known {
  readonly found: readonly Found[];
  readonly keys: ReadonlyMap<string, Slot>;
}

/** What is known on all ways to a place. */
function meet([first, ...others]: readonly Known[]): Known {
  const found = (first?.found ?? []).filter((one) => others.every((other) => other.found.includes(one)));
  return { found, keys: new Map(first?.keys) };
}

export function shareLookups(func: Func): boolean {
  const contents = new ContentsByBlock(func);
  const ends = new Map<Block, Known>();
  const table: Replacements = [];
  let changed = false;
  for (const block of reversePostorder(func)) {
    const sharing = new Sharing(contents.enter(block), meet(endsOf(block, ends)), table);
    block.insts = block.insts.filter((inst) => sharing.visit(inst));
    ends.set(block, sharing.known);
    changed ||= sharing.changed;
  }
  if (table.length > 0) applyReplacements(func, table);
  return changed;
}

class Sharing {
  changed = false;
  readonly #contents: StackContents;
  readonly #table: Replacements;
  #found: readonly Found[];
  readonly #keys: Map<string, Slot>;

  constructor(contents: StackContents, before: Known, table: Replacements) {
    this.#contents = contents;
    this.#found = before.found;
    this.#keys = new Map(before.keys);
    this.#table = table;
  }

  get known(): Known {
    return { found: this.#found, keys: this.#keys };
  }

  /** Whether the instruction stays. */
  visit(inst: Inst): boolean {
    if (inst.op === "call") {
      const known = this.#call(inst);
      if (known !== undefined) {
        this.#table[inst.id] = known;
        this.changed = true;
        return false;
      }
    } else if (inst.op === "callFunction") this.#found = [];
    this.#contents.note(inst, inst.op === "store" ? resolve(this.#table, inst.value) : undefined);
    return true;
  }

  /** The earlier answer, if there is one. */
  #call(call: Call): Inst | undefined {
    const [map, key] = call.args;
    if (map?.op !== "mapHandle" || (call.helper !== LOOKUP && call.helper !== UPDATE && call.helper !== DELETE)) {
      const { removable, onlyReads } = helperEffects(call.helper);
      if (!removable && !onlyReads) this.#found = [];
      return undefined;
    }
    const text = key?.op === "slot" ? this.#textOf(key) : undefined;
    if (text !== undefined) this.#useOneSlot(call, key as Slot, text);
    if (call.helper !== LOOKUP) {
      this.#found = this.#found.filter((each) => each.map !== map.map);
      return undefined;
    }
    if (text === undefined) return undefined;
    const known = this.#found.find((each) => each.map === map.map && each.key === text);
    if (known === undefined) this.#found = [...this.#found, { map: map.map, key: text, answer: call }];
    return known?.answer;
  }

  #useOneSlot(call: Call, key: Slot, text: string): void {
    const first = this.#keys.get(text);
    if (first === undefined || this.#textOf(first) !== text) this.#keys.set(text, key);
    else if (first !== key) {
      call.args[1] = first;
      this.changed = true;
    }
  }

  /** The same text for slots that hold the same; undefined where some byte is not known. */
  #textOf(slot: Slot): string | undefined {
    let text = "";
    let end = 0;
    for (const { offset, size, value } of this.#contents.of(slot)) {
      if (offset !== end) return undefined;
      end += size;
      text += value.op === "const" ? `${size}#${value.value} ` : `${size}:${value.id} `;
    }
    return end === slot.bytes ? text : undefined;
  }
}

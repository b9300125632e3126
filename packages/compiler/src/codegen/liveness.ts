/**
 * Where each register's value is needed. Instructions are numbered in the order of emission;
 * instruction k reads at position 2k and writes at 2k+1. A live range is half open, and a register
 * lives in a list of them: it may be dead in between.
 */
import { FIRST_VIRTUAL, CALLS, effects, isCopy, READS_DST, READS_SRC, WRITES_DST } from "./machine.ts";
import type { MachineBlock, MachineFunction, MachineInst } from "./machine.ts";

export interface Liveness {
  /** By register (virtual and physical): from, to, from, to ..., ascending. */
  readonly ranges: readonly (readonly number[])[];
  /** By virtual register: how much it costs to keep it in memory, a weighted count of its uses. */
  readonly costs: Float64Array;
  /** By virtual register: the registers that it is copied from or to. */
  readonly hints: readonly (readonly number[] | undefined)[];
}

/** Calls overwrite R0 to R5. */
const CALLER_SAVED = 6;

export function findLiveness(machine: MachineFunction): Liveness {
  return new Analysis(machine).run();
}

class Analysis {
  readonly #machine: MachineFunction;
  /** 32-bit words of one block's set of registers. */
  readonly #words: number;
  readonly #liveIn: Uint32Array;
  readonly #ranges: number[][] = [];
  readonly #costs: Float64Array;
  readonly #hints: number[][] = [];

  constructor(machine: MachineFunction) {
    this.#machine = machine;
    this.#words = (machine.nextRegister + 31) >> 5;
    this.#liveIn = new Uint32Array(this.#words * machine.blocks.length);
    this.#costs = new Float64Array(machine.nextRegister);
    for (let register = 0; register < machine.nextRegister; register++) this.#ranges.push([]);
  }

  run(): Liveness {
    this.#solve();
    let position = 0;
    for (const block of this.#machine.blocks) position += 2 * length(block);
    for (let index = this.#machine.blocks.length - 1; index >= 0; index--) {
      const block = this.#machine.blocks[index]!;
      this.#scan(block, position - 2 * length(block), position);
      position -= 2 * length(block);
    }
    for (const ranges of this.#ranges) ascend(ranges);
    return { ranges: this.#ranges, costs: this.#costs, hints: this.#hints };
  }

  /** Fills the sets of what is live into each block, backwards until nothing changes. */
  #solve(): void {
    const { blocks } = this.#machine;
    const words = this.#words;
    const reads = new Uint32Array(this.#liveIn.length);
    const writes = new Uint32Array(this.#liveIn.length);
    for (const block of blocks) {
      const base = block.index * words;
      for (const inst of block.insts) summarize(inst, reads, writes, base);
      if (block.exit.kind === "branch") summarize(block.exit.test, reads, writes, base);
    }
    const live = this.#liveIn;
    live.set(reads);
    for (let changed = true; changed;) {
      changed = false;
      for (let index = blocks.length - 1; index >= 0; index--) {
        const { exit } = blocks[index]!;
        if (exit.kind === "return") continue;
        const first = (exit.kind === "jump" ? exit.to.index : exit.then.index) * words;
        const second = exit.kind === "branch" ? exit.otherwise.index * words : first;
        const base = index * words;
        for (let word = 0; word < words; word++) {
          const out = live[first + word]! | live[second + word]!;
          const next = (live[base + word]! | (out & ~writes[base + word]!)) >>> 0;
          if (next !== live[base + word]) {
            live[base + word] = next;
            changed = true;
          }
        }
      }
    }
  }

  #scan(block: MachineBlock, start: number, end: number): void {
    const { exit } = block;
    if (exit.kind === "jump") this.#liveAll(exit.to, start, end);
    if (exit.kind === "branch") {
      this.#liveAll(exit.then, start, end);
      this.#liveAll(exit.otherwise, start, end);
    }
    // The exit takes a position whatever it is: the last one of the block.
    let position = end - 2;
    if (exit.kind === "branch") this.#visit(exit.test, position, start, block.weight);
    if (exit.kind === "return") this.#read(0, position, start, 0);
    for (let index = block.insts.length - 1; index >= 0; index--) {
      position -= 2;
      this.#visit(block.insts[index]!, position, start, block.weight);
    }
  }

  #liveAll(block: MachineBlock, start: number, end: number): void {
    const base = block.index * this.#words;
    for (let word = 0; word < this.#words; word++) {
      for (let bits = this.#liveIn[base + word]!; bits !== 0;) {
        const bit = 31 - Math.clz32(bits);
        bits &= ~(1 << bit);
        this.#extend(word * 32 + bit, start, end);
      }
    }
  }

  #visit(inst: MachineInst, position: number, start: number, weight: number): void {
    const flags = effects(inst.opcode);
    if ((flags & CALLS) !== 0) {
      for (let register = 0; register < CALLER_SAVED; register++) this.#write(register, position + 1, 0);
      for (let index = 1; index <= inst.args!; index++) this.#read(index, position, start, 0);
      return;
    }
    // A result is written before the operands are done with, so it may not share their registers.
    if (inst.result !== undefined) this.#write(inst.result, position, weight);
    if ((flags & WRITES_DST) !== 0) this.#write(inst.dst, position + 1, weight);
    if (inst.home !== undefined) {
      if ((flags & WRITES_DST) !== 0) this.#read(inst.home, position, start, 0);
      else this.#write(inst.home, position + 1, 0);
    }
    if ((flags & READS_DST) !== 0) this.#read(inst.dst, position, start, weight);
    if ((flags & READS_SRC) !== 0) this.#read(inst.src, position, start, weight);
    if (isCopy(inst)) {
      this.#hint(inst.dst, inst.src);
      this.#hint(inst.src, inst.dst);
    }
  }

  #hint(register: number, other: number): void {
    if (register < FIRST_VIRTUAL || other === 10) return;
    const hints = this.#hints[register];
    if (hints === undefined) this.#hints[register] = [other];
    else hints.push(other);
  }

  #read(register: number, position: number, start: number, weight: number): void {
    this.#costs[register]! += weight;
    this.#extend(register, start, position + 1);
  }

  #write(register: number, position: number, weight: number): void {
    this.#costs[register]! += weight;
    const ranges = this.#ranges[register]!;
    const last = ranges.length - 2;
    // Not live before this place; dead after it, it still takes the register for one moment.
    if (last >= 0 && ranges[last]! <= position) ranges[last] = position;
    else ranges.push(position, position + 1);
  }

  /** While scanning backwards the earliest range is the last in the list. */
  #extend(register: number, from: number, to: number): void {
    const ranges = this.#ranges[register]!;
    const last = ranges.length - 2;
    if (last >= 0 && ranges[last]! <= to) ranges[last] = Math.min(ranges[last]!, from);
    else ranges.push(from, to);
  }
}

/** Instructions of a block with its exit. */
function length(block: MachineBlock): number {
  return block.insts.length + 1;
}

/** Reads before any write, and writes, of one instruction after those before it. */
function summarize(inst: MachineInst, reads: Uint32Array, writes: Uint32Array, base: number): void {
  const flags = effects(inst.opcode);
  if ((flags & READS_DST) !== 0) readFirst(inst.dst, reads, writes, base);
  if ((flags & READS_SRC) !== 0) readFirst(inst.src, reads, writes, base);
  if (inst.home !== undefined) {
    if ((flags & WRITES_DST) !== 0) readFirst(inst.home, reads, writes, base);
    else add(writes, inst.home, base);
  }
  if ((flags & WRITES_DST) !== 0) add(writes, inst.dst, base);
  if (inst.result !== undefined) add(writes, inst.result, base);
}

/** Physical registers are never live across blocks, save the parameters into the entry. */
function readFirst(register: number, reads: Uint32Array, writes: Uint32Array, base: number): void {
  if (register < FIRST_VIRTUAL) return;
  const word = base + (register >> 5);
  if ((writes[word]! & (1 << (register & 31))) === 0) reads[word]! |= 1 << (register & 31);
}

function add(set: Uint32Array, register: number, base: number): void {
  set[base + (register >> 5)]! |= 1 << (register & 31);
}

function ascend(ranges: number[]): void {
  for (let low = 0, high = ranges.length - 2; low < high; low += 2, high -= 2) {
    const from = ranges[low]!;
    const to = ranges[low + 1]!;
    ranges[low] = ranges[high]!;
    ranges[low + 1] = ranges[high + 1]!;
    ranges[high] = from;
    ranges[high + 1] = to;
  }
}

/** Whether two ascending lists of ranges have a position in common. */
export function overlap(a: readonly number[], b: readonly number[]): boolean {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i + 1]! <= b[j]!) i += 2;
    else if (b[j + 1]! <= a[i]!) j += 2;
    else return true;
  }
  return false;
}

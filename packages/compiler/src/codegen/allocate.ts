/**
 * Register allocation by linear scan over live ranges with holes (M. Poletto, V. Sarkar 1999; O.
 * Traub et al. 1998), without splitting: a value has one register for all of its life, or a home in
 * the frame from which it is fetched for each use. What is copied to or from a register asks for
 * that register first, so that most copies vanish. When something had to go to the frame, code is
 * rewritten and all is done again; what that makes lives for one instruction, so it ends.
 */
import { STACK_SIZE } from "@sonde/bpf/asm";
import { CompileError } from "./errors.ts";
import { findLiveness, overlap } from "./liveness.ts";
import type { Liveness } from "./liveness.ts";
import { FIRST_VIRTUAL } from "./machine.ts";
import type { MachineFunction } from "./machine.ts";
import { spill } from "./spill.ts";

/** Registers R0 to R9. */
const REGISTERS = 10;
/**
 * Argument registers last of those that calls overwrite: they are asked for by name most often, the first
 * ones by every look-up. R5 comes behind R4 and R3, since x86 needs a longer code for it (r8).
 */
const PREFERENCE: readonly number[] = [0, 4, 3, 5, 2, 1, 6, 7, 8, 9];

export interface Allocation {
  /** Physical register by virtual register. */
  readonly registers: Int8Array;
  /** Offset from R10 by virtual register, of those that live in the frame. */
  readonly homes: ReadonlyMap<number, number>;
}

/** Rewrites the function where not everything fits into registers. */
export function allocate(machine: MachineFunction): Allocation {
  const homeless = new Set<number>();
  for (;;) {
    const liveness = findLiveness(machine);
    const scan = new Scan(machine, liveness, homeless);
    if (scan.run()) return { registers: scan.assigned, homes: placeHomes(machine, liveness, homeless) };
    for (const register of scan.spilled) homeless.add(register);
    spill(machine, scan.spilled);
  }
}

class Scan {
  readonly assigned: Int8Array;
  readonly spilled = new Set<number>();
  readonly #machine: MachineFunction;
  readonly #liveness: Liveness;
  readonly #order: number[] = [];
  /** What each physical register holds that is not over yet. */
  readonly #active: number[][] = [];
  /** Where in a physical register's own ranges the scan has come to. */
  readonly #cursor = new Int32Array(REGISTERS);

  constructor(machine: MachineFunction, liveness: Liveness, inFrame: ReadonlySet<number>) {
    this.#machine = machine;
    this.#liveness = liveness;
    this.assigned = new Int8Array(machine.nextRegister).fill(-1);
    for (let register = 0; register < REGISTERS; register++) this.#active.push([]);
    for (let register = FIRST_VIRTUAL; register < machine.nextRegister; register++) {
      if (liveness.ranges[register]!.length > 0 && !inFrame.has(register)) this.#order.push(register);
    }
    const { ranges } = liveness;
    this.#order.sort((a, b) => ranges[a]![0]! - ranges[b]![0]! || a - b);
  }

  /** Whether all got a register; if not, `spilled` says what did not. */
  run(): boolean {
    for (const register of this.#order) {
      this.#advance(this.#liveness.ranges[register]![0]!);
      const free = this.#findFree(register);
      if (free >= 0) this.#assign(register, free);
      else this.#makeRoom(register);
    }
    return this.spilled.size === 0;
  }

  #assign(register: number, physical: number): void {
    this.assigned[register] = physical;
    this.#active[physical]!.push(register);
  }

  /** Forgets what is over before a position. */
  #advance(position: number): void {
    const { ranges } = this.#liveness;
    for (let physical = 0; physical < REGISTERS; physical++) {
      const fixed = ranges[physical]!;
      let cursor = this.#cursor[physical]!;
      while (cursor < fixed.length && fixed[cursor + 1]! <= position) cursor += 2;
      this.#cursor[physical] = cursor;
      const active = this.#active[physical]!;
      let kept = 0;
      for (const register of active) {
        const own = ranges[register]!;
        if (own[own.length - 1]! > position) active[kept++] = register;
      }
      active.length = kept;
    }
  }

  #findFree(register: number): number {
    const hints = this.#liveness.hints[register];
    if (hints !== undefined) {
      for (const hint of hints) {
        const physical = hint < FIRST_VIRTUAL ? hint : this.assigned[hint]!;
        if (physical >= 0 && this.#isFree(physical, register)) return physical;
      }
      // A copy's other end may not be placed yet, but what that one asks for is worth having too.
      for (const hint of hints) {
        if (hint < FIRST_VIRTUAL) continue;
        for (const next of this.#liveness.hints[hint] ?? []) {
          const physical = next < FIRST_VIRTUAL ? next : this.assigned[next]!;
          if (physical >= 0 && this.#isFree(physical, register)) return physical;
        }
      }
    }
    for (const physical of PREFERENCE) if (this.#isFree(physical, register)) return physical;
    return -1;
  }

  #isFree(physical: number, register: number): boolean {
    if (this.#isFixed(physical, register)) return false;
    const own = this.#liveness.ranges[register]!;
    for (const other of this.#active[physical]!) if (overlap(own, this.#liveness.ranges[other]!)) return false;
    return true;
  }

  /** Whether calls or arguments need the physical register while the virtual one lives. */
  #isFixed(physical: number, register: number): boolean {
    const own = this.#liveness.ranges[register]!;
    const fixed = this.#liveness.ranges[physical]!;
    let i = 0;
    let j = this.#cursor[physical]!;
    while (i < own.length && j < fixed.length) {
      if (own[i + 1]! <= fixed[j]!) i += 2;
      else if (fixed[j + 1]! <= own[i]!) j += 2;
      else return true;
    }
    return false;
  }

  /** Sends to the frame whatever costs least there: the register itself or those in its way. */
  #makeRoom(register: number): void {
    const own = this.#liveness.ranges[register]!;
    let least = this.#weight(register);
    let best = -1;
    for (let physical = 0; physical < REGISTERS; physical++) {
      if (this.#isFixed(physical, register)) continue;
      let weight = 0;
      for (const other of this.#active[physical]!)
        if (overlap(own, this.#liveness.ranges[other]!)) weight += this.#weight(other);
      if (weight < least) {
        least = weight;
        best = physical;
      }
    }
    if (best < 0) {
      if (this.#machine.pinned.has(register))
        throw new Error(`${this.#machine.name}: no register is left for one instruction`);
      this.spilled.add(register);
      return;
    }
    const kept: number[] = [];
    for (const other of this.#active[best]!) {
      if (overlap(own, this.#liveness.ranges[other]!)) this.spilled.add(other);
      else kept.push(other);
    }
    this.#active[best] = kept;
    this.#assign(register, best);
  }

  /** The cost of fetching for each use, for each position that the register would be freed. */
  #weight(register: number): number {
    if (this.#machine.pinned.has(register)) return Infinity;
    const ranges = this.#liveness.ranges[register]!;
    let length = 0;
    for (let index = 0; index < ranges.length; index += 2) length += ranges[index + 1]! - ranges[index]!;
    return this.#liveness.costs[register]! / length;
  }
}

/** Homes whose live ranges do not overlap share their eight bytes. */
function placeHomes(machine: MachineFunction, liveness: Liveness, homeless: ReadonlySet<number>): Map<number, number> {
  const homes = new Map<number, number>();
  const places: number[][] = [];
  for (const register of homeless) {
    const own = liveness.ranges[register]!;
    if (own.length === 0) continue;
    let place = places.findIndex((others) => others.every((other) => !overlap(own, liveness.ranges[other]!)));
    if (place < 0) place = places.push([]) - 1;
    places[place]!.push(register);
    homes.set(register, -(machine.frameSize + 8 * (place + 1)));
  }
  machine.frameSize += 8 * places.length;
  if (machine.frameSize > STACK_SIZE) {
    throw new CompileError(
      `${machine.name} needs ${machine.frameSize} bytes of stack, ${8 * places.length} of them for intermediate values; BPF has ${STACK_SIZE}. Use shorter strings or smaller keys, or split the probe`,
    );
  }
  return homes;
}

/**
 * A BPF machine in TypeScript: an object's programs and maps, run without a kernel and without
 * privileges. Nothing is verified beforehand; whatever a program does that the kernel would not let
 * it do ends the run with a {@link VmFault}.
 */
import { helperName } from "../asm/helpers.ts";
import { layout } from "../asm/layout.ts";
import type { ObjectSpec, ProgramSpec } from "../spec/spec.ts";
import { defaultEnvironment } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { VmError } from "./fault.ts";
import { HelperCall } from "./helpers/call.ts";
import type { Helper, HelperTable } from "./helpers/call.ts";
import { KERNEL_FUNCTIONS } from "./helpers/kernel-functions.ts";
import { helperTable } from "./helpers/table.ts";
import { Machine } from "./machine.ts";
import type { Code } from "./machine.ts";
import { createMap } from "./maps/create.ts";
import { KeyedMap } from "./maps/keyed-map.ts";
import type { VmMap } from "./maps/map.ts";
import { ProgramMap } from "./maps/program-map.ts";
import { BloomMap, QueueMap } from "./maps/queue-map.ts";
import { PerfEventMap, RingMap } from "./maps/ring-map.ts";
import type { Memory, Region, Space } from "./memory.ts";
import { Packet } from "./packet.ts";
import { Registers } from "./registers.ts";
import { TAKEN_OVER } from "./step.ts";
import { Timers } from "./timers.ts";
import { translate } from "./translate.ts";
import type { HelperStep, Linker } from "./translate.ts";

export type VmObject = Pick<ObjectSpec, "programs" | "maps" | "byteOrder">;

export interface VmOptions {
  /** CPUs that per-CPU maps have values for; 1 unless given. */
  readonly cpus?: number;
  /** Instructions after which a run is ended with a fault; 10 million unless given. */
  readonly budget?: number;
  /** What programs see of the world, in place of the {@link defaultEnvironment}'s. */
  readonly environment?: Partial<Environment>;
  /** Helpers that the VM lacks, or other ones. */
  readonly helpers?: HelperTable;
}

export interface RunInput {
  /** What R1 points to: see {@link words} for programs that take an array of arguments. */
  readonly context?: Uint8Array;
  /** For programs of packets: the context then gets its pointers. */
  readonly packet?: Uint8Array;
  /** Below {@link VmOptions.cpus}; 0 unless given. */
  readonly cpu?: number;
}

export interface RunResult {
  /** R0, all 64 bits, unsigned. The kernel passes only the lower half on. */
  readonly result: bigint;
  /** How many were executed. */
  readonly instructions: number;
  /** The context after the run. */
  readonly context: Uint8Array;
  /** The packet after the run, if there was one. */
  readonly packet: Uint8Array | undefined;
  /** What bpf_trace_printk wrote, a text for each call. */
  readonly printed: readonly string[];
}

const DEFAULT_BUDGET = 10_000_000;

/** A context of 64-bit words, such as the arguments of a raw tracepoint; negative ones as two's complement. */
export function words(...values: readonly (bigint | number)[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values, (value) => BigInt.asUintN(64, BigInt(value))).buffer);
}

export class Vm {
  readonly #machine: Machine;
  readonly #environment: Environment;
  readonly #helpers: HelperTable;
  readonly #budget: number;
  readonly #cpus: number;
  readonly #maps = new Map<string, VmMap>();
  readonly #programs = new Map<string, { readonly spec: ProgramSpec; readonly code: Code }>();
  readonly #timers = new Timers();
  /** Of the run that is going on. */
  #call: HelperCall | undefined;

  /**
   * Maps are made and programs translated; CO-RE relocations stand for the object's own layout of
   * its types. Errors: VmError for what cannot be simulated, AsmError for labels that are missing.
   */
  constructor(object: VmObject, options: VmOptions = {}) {
    if (object.byteOrder === "big")
      throw new VmError("the VM simulates little-endian machines, and the object is for big-endian ones");
    this.#budget = options.budget ?? DEFAULT_BUDGET;
    this.#cpus = options.cpus ?? 1;
    this.#environment = { ...defaultEnvironment(), ...options.environment };
    this.#helpers = helperTable({ ...this.#timers.helpers, ...options.helpers });
    // No instruction has more than one constant.
    const constants = object.programs.reduce((sum, { instructions }) => sum + instructions.length, 0);
    this.#machine = new Machine(new Registers(constants));
    for (const spec of object.maps) this.#maps.set(spec.name, createMap(this.memory, spec, this.#cpus));
    for (const spec of object.programs) this.#programs.set(spec.name, { spec, code: this.#translate(spec) });
  }

  /** The virtual memory: addresses that maps, helpers and {@link allocate} gave can be read and written here. */
  get memory(): Memory {
    return this.#machine.memory;
  }

  /**
   * Runs a program from its first instruction. What it changed in maps and allocated memory stays.
   * Errors: VmFault where the program does what it may not; VmError if there is no such program.
   */
  run(program: string, input: Uint8Array | RunInput = {}): RunResult {
    const { spec, code } = this.#program(program);
    const {
      context = new Uint8Array(0),
      packet: packetBytes,
      cpu = 0,
    } = input instanceof Uint8Array ? { context: input } : input;
    if (cpu < 0 || cpu >= this.#cpus) throw new VmError(`CPU ${cpu}: this VM has CPUs 0 to ${this.#cpus - 1}`);
    const packet = packetBytes && new Packet(this.memory, spec.type, packetBytes, context);
    const region = packet?.context ?? this.#mapContext(context);
    const call = this.#begin(cpu, packet);
    try {
      const { result, instructions } = this.#machine.run(code, region.address, this.#budget);
      this.#requireSubmitted(program);
      return { result, instructions, context: region.bytes, packet: packet?.bytes.slice(), printed: call.printed };
    } finally {
      for (const ring of this.#rings()) ring.abandon();
      if (packet === undefined) this.memory.unmap(region);
      else packet.unmap(this.memory);
      this.#call = undefined;
    }
  }

  /** When the next timer expires, by the environment's clock; undefined while none is started. */
  get nextTimer(): bigint | undefined {
    return this.#timers.next;
  }

  /**
   * Calls the function of the timer that expires first, if its time has come by the environment's clock: whether
   * there was one. One whose entry was deleted is forgotten. Errors: VmFault.
   */
  expireTimer(): boolean {
    const due = this.#timers.take(this.#environment.time("monotonic"));
    if (due === undefined) return false;
    const { address, map, callback, cpu } = due;
    const entry = map instanceof KeyedMap ? map.entryAt(address, cpu) : undefined;
    if (entry === undefined) return true;
    const key = this.memory.map({ name: `a key of map '${map.name}'`, writable: false, bytes: entry.key });
    this.#begin(cpu, undefined);
    try {
      this.#machine.runFunction(callback, [map.address, key.address, entry.value], this.#budget);
      this.#requireSubmitted(`a timer in map '${map.name}'`);
    } finally {
      for (const ring of this.#rings()) ring.abandon();
      this.memory.unmap(key);
      this.#call = undefined;
    }
    return true;
  }

  #begin(cpu: number, packet: Packet | undefined): HelperCall {
    return (this.#call = new HelperCall(this.#machine, this.#environment, { cpu, cpus: this.#cpus, packet }, (name) =>
      this.#machine.tailCall(this.#program(name).code),
    ));
  }

  /** A map with keys and values. Errors: VmError if there is none of this name, or of another kind. */
  map(name: string): KeyedMap {
    return this.#find(name, KeyedMap, "keys and values");
  }

  ring(name: string): RingMap {
    return this.#find(name, RingMap, "a ring buffer");
  }

  perfEvents(name: string): PerfEventMap {
    return this.#find(name, PerfEventMap, "a perf event array");
  }

  queue(name: string): QueueMap {
    return this.#find(name, QueueMap, "a queue or stack");
  }

  bloom(name: string): BloomMap {
    return this.#find(name, BloomMap, "a bloom filter");
  }

  /** Where tail calls go. */
  programs(name: string): ProgramMap {
    return this.#find(name, ProgramMap, "a program array");
  }

  /**
   * Memory for programs to find: kernel structures by pointers in the context, user strings.
   * Read-only for programs unless `writable`. Gives its address.
   */
  allocate(
    bytes: Uint8Array,
    options: { readonly name?: string; readonly space?: Space; readonly writable?: boolean } = {},
  ): bigint {
    const { name = "allocated memory", space = "kernel", writable = false } = options;
    return this.memory.map({ name, space, writable, bytes }).address;
  }

  #rings(): RingMap[] {
    return [...this.#maps.values()].filter((map) => map instanceof RingMap);
  }

  /** The kernel takes no program that forgets a record. */
  #requireSubmitted(program: string): void {
    const ring = this.#rings().find((map) => map.abandon() > 0);
    if (ring !== undefined) {
      throw new VmError(
        `program '${program}' ended without submitting or discarding a record that it reserved in ring '${ring.name}'`,
      );
    }
  }

  #mapContext(context: Uint8Array): Region {
    return this.memory.map({ name: "the context", writable: true, bytes: context.slice() });
  }

  #program(name: string): { readonly spec: ProgramSpec; readonly code: Code } {
    const program = this.#programs.get(name);
    if (program === undefined)
      throw new VmError(`there is no program '${name}'; there is ${listed(this.#programs.keys())}`);
    return program;
  }

  #find<T extends VmMap>(name: string, type: abstract new (...args: never[]) => T, what: string): T {
    const map = this.#anyMap(name);
    if (!(map instanceof type)) throw new VmError(`map '${name}' is of type ${map.spec.type}, not ${what}`);
    return map;
  }

  #anyMap(name: string): VmMap {
    const map = this.#maps.get(name);
    if (map === undefined) throw new VmError(`there is no map '${name}'; there is ${listed(this.#maps.keys())}`);
    return map;
  }

  #translate(spec: ProgramSpec): Code {
    const { name, instructions } = spec;
    const placed = layout(instructions);
    let functions: Region | undefined;
    const linker: Linker = {
      map: (map) => this.#anyMap(map).address,
      mapValue: (map) => this.map(map).lookup(new Uint8Array(4), 0),
      helper: (id) => {
        const name = helperName(id);
        return this.#step(name && this.#helpers[name]);
      },
      kernelFunction: (name) => this.#step(KERNEL_FUNCTIONS.get(name)),
      function: (code, index) => {
        functions ??= this.memory.map({
          name: `the code of program '${name}'`,
          writable: false,
          bytes: new Uint8Array(0),
          object: code,
        });
        return functions.address + BigInt(index);
      },
    };
    return translate(spec, placed, this.#machine, linker);
  }

  #step(helper: Helper | undefined): HelperStep | undefined {
    if (helper === undefined) return undefined;
    return () => {
      const answer = helper(this.#call!);
      return answer === TAKEN_OVER ? answer : BigInt(answer ?? 0);
    };
  }
}

function listed(names: Iterable<string>): string {
  return [...names].map((name) => `'${name}'`).join(", ") || "none";
}

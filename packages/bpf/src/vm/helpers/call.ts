/** What a helper is given: its arguments, memory, maps, and the world outside. */
import type { HelperName } from "../../asm/helpers.ts";
import type { Environment } from "../environment.ts";
import { Trap } from "../fault.ts";
import type { Machine } from "../machine.ts";
import { VmMap } from "../maps/map.ts";
import { highOf } from "../memory.ts";
import type { Memory } from "../memory.ts";
import type { Packet } from "../packet.ts";
import { TAKEN_OVER } from "../step.ts";

/**
 * What a helper does. Its answer goes to R0, negative ones as two's complement; none is 0. A helper
 * that is misused in a way that the verifier would refuse throws {@link Trap}.
 */
export type Helper = (call: HelperCall) => bigint | number | void | typeof TAKEN_OVER;

export type HelperTable = { readonly [Name in HelperName]?: Helper };

/** One run's side of helper calls. */
export class HelperCall {
  readonly environment: Environment;
  /** The CPU that the program runs on. */
  readonly cpu: number;
  /** How many CPUs there are. */
  readonly cpus: number;
  /** The run's packet, if it has one. */
  readonly packet: Packet | undefined;
  /** What bpf_trace_printk wrote. */
  readonly printed: string[] = [];
  readonly #machine: Machine;
  readonly #tailCall: (program: string) => boolean;

  constructor(
    machine: Machine,
    environment: Environment,
    run: { readonly cpu: number; readonly cpus: number; readonly packet: Packet | undefined },
    tailCall: (program: string) => boolean,
  ) {
    this.#machine = machine;
    this.environment = environment;
    this.cpu = run.cpu;
    this.cpus = run.cpus;
    this.packet = run.packet;
    this.#tailCall = tailCall;
  }

  get memory(): Memory {
    return this.#machine.memory;
  }

  /** Argument 1 to 5 as the register holds it, unsigned. */
  argument(position: number): bigint {
    return this.#machine.registers.u64[position]!;
  }

  /** The lower half of an argument, unsigned. */
  uint(position: number): number {
    return this.#machine.registers.u32[2 * position]!;
  }

  /** The lower half of an argument, signed. */
  int(position: number): number {
    return this.#machine.registers.s32[2 * position]!;
  }

  /** The memory that an argument points to, shared with the program. */
  bytes(position: number, size: number): Uint8Array {
    return this.memory.bytes(this.argument(position), size);
  }

  /** {@link bytes}, to be written to. */
  output(position: number, size: number): Uint8Array {
    return this.memory.bytes(this.argument(position), size, true);
  }

  /** The map that an argument stands for, which must be of this class. */
  map<T extends VmMap>(position: number, type: abstract new (...args: never[]) => T): T {
    const address = this.argument(position);
    const object = this.memory.region(highOf(address))?.object;
    if (!(object instanceof VmMap) || object.address !== address)
      throw new Trap(`R${position} is no map: 0x${address.toString(16)}`, address);
    if (!(object instanceof type))
      throw new Trap(`this helper does not work on map '${object.name}' of type ${object.spec.type}`);
    return object;
  }

  /** Calls a callback of the program by the address it passed. */
  callback(address: bigint, ...args: bigint[]): bigint {
    return this.#machine.callback(address, args);
  }

  /** TAKEN_OVER if the program of this name takes over, or undefined if it may not. */
  tailCall(program: string): typeof TAKEN_OVER | undefined {
    return this.#tailCall(program) ? TAKEN_OVER : undefined;
  }
}

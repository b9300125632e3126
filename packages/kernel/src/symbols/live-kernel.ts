/** The kernel's symbols over a long time: modules and BPF programs come while a session lasts. */
import { KernelSymbols } from "./kallsyms.ts";
import type { Symbol } from "./symbol.ts";

/** Milliseconds for which a table that lacks an address is not read again: reading it takes some 100 of CPU. */
const FRESH = 1000;

export class LiveKernelSymbols {
  readonly #read: () => KernelSymbols;
  readonly #now: () => number;
  /** Addresses that were nowhere in the table that is kept. */
  readonly #nowhere = new Set<bigint>();
  #symbols: KernelSymbols | undefined;
  #next = 0;

  /** The table is read when the first address is asked for. @param now milliseconds of a clock that only goes forward */
  constructor(read: () => KernelSymbols = () => KernelSymbols.read(), now: () => number = () => performance.now()) {
    this.#read = read;
    this.#now = now;
  }

  /** The function that holds this address; looked for once more in a new table if the known one has none. */
  symbolize(address: bigint): Symbol {
    const symbol = this.#table().symbolize(address);
    if (symbol.name !== undefined || this.#nowhere.has(address) || this.#now() < this.#next) return symbol;
    this.#symbols = undefined;
    this.#nowhere.clear();
    const again = this.#table().symbolize(address);
    if (again.name === undefined) this.#nowhere.add(address);
    return again;
  }

  #table(): KernelSymbols {
    if (this.#symbols === undefined) {
      this.#symbols = this.#read();
      this.#next = this.#now() + FRESH;
    }
    return this.#symbols;
  }
}

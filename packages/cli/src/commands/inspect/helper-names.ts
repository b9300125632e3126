/** Names of the kernel functions that helper calls lead to. */
import { KernelSymbols } from "@sonde/kernel/symbols";

/** Loaded programs call helpers by their distance from this function. */
const CALL_BASE = "__bpf_call_base";

/** The kernel's symbols (100 ms of CPU) are read by the first question; undefined where addresses are hidden. */
export function helperNames(): (distance: number) => string | undefined {
  let symbols: KernelSymbols | undefined;
  let base: bigint | undefined;
  return (distance) => {
    if (distance === 0) return undefined;
    if (symbols === undefined) {
      symbols = KernelSymbols.read();
      base = symbols.addressOf(CALL_BASE);
    }
    if (base === undefined || base === 0n) return undefined;
    const { name, offset } = symbols.symbolize(base + BigInt(distance));
    return offset === 0 ? name : undefined;
  };
}

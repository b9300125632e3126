/** Addresses of the kernel by the functions' names. The table of symbols is read with the first address, once for all. */
import { KernelSymbols } from "@sonde/kernel/symbols";
import { bytesOf, integerDecoder, type DecoderKind } from "./decoder.ts";

let known: KernelSymbols | undefined;

function nameOf(address: bigint): string | undefined {
  known ??= KernelSymbols.read();
  const { name, module } = known.symbolize(address);
  return name === undefined || module === undefined ? name : `${name}\t[${module}]`;
}

export const ksym: DecoderKind = {
  summary: "an address in the kernel by the function's name",
  make: () =>
    integerDecoder((value) => {
      const address = BigInt.asUintN(64, BigInt(value));
      return nameOf(address) ?? `unknown_addr:0x${address.toString(16)}`;
    }),
};

/** Frames that are 0 end a stack. */
export const kstack: DecoderKind = {
  summary: "addresses of 8 bytes each, from the innermost frame on, by their functions' names, one in a line",
  make: () => (input) => {
    const bytes = Uint8Array.from(bytesOf(input) ?? []);
    const addresses = new BigUint64Array(bytes.buffer, 0, bytes.length >> 3);
    const end = addresses.indexOf(0n);
    return Array.from(addresses.subarray(0, end < 0 ? undefined : end), (address) => nameOf(address) ?? "??").join(
      "\n",
    );
  },
};

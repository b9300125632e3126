/** How addresses and stacks become text; the implementation reads symbol tables only when asked. */
import type { StackValue, SymbolValue } from "../decode/value.ts";

export interface Names {
  /** The function's name with its offset, or the address in hexadecimal. */
  symbol(value: SymbolValue): string;
  /** A newline, then one line for each frame, each with its newline. @param indent before each frame */
  stack(value: StackValue, indent: string): string;
}

/** Names where there is nothing to name: every symbol is its address, every stack empty. */
export const addressesOnly: Names = {
  symbol: ({ address }) => `0x${address.toString(16)}`,
  stack: () => "\n",
};

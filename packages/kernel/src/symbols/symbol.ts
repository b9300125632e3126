/** What an address in code is called. */
export interface Symbol {
  /** As it was asked for. */
  readonly address: bigint;
  /** The function that holds the address; undefined when nothing is known about it. */
  readonly name: string | undefined;
  /** Bytes from the function's start; 0 when it is unknown. */
  readonly offset: number;
  /** The kernel module or the file that the function belongs to; undefined for the kernel itself or when unknown. */
  readonly module: string | undefined;
}

/** An address that nothing is known about. */
export function unknownSymbol(address: bigint, module?: string): Symbol {
  return { address, name: undefined, offset: 0, module };
}

/** "vfs_read+12", "vfs_read" at its very start, or the address in hexadecimal. */
export function formatSymbol(symbol: Symbol): string {
  if (symbol.name === undefined) return `0x${symbol.address.toString(16)}`;
  return symbol.offset === 0 ? symbol.name : `${symbol.name}+${symbol.offset}`;
}

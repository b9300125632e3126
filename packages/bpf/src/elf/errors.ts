/** ELF files that cannot be read, and objects that cannot be written as one. */
import { AsmError } from "../asm/errors.ts";
import { BtfError } from "../btf/errors.ts";

/** Where in the file something is wrong. */
export interface ElfPlace {
  /** The section's name; absent for what belongs to none. */
  readonly section?: string;
  /** Bytes into the section, or into the file where there is no section. */
  readonly offset?: number;
}

export class ElfError extends Error {
  override readonly name = "ElfError";
  readonly section: string | undefined;
  readonly offset: number | undefined;

  constructor(problem: string, place: ElfPlace = {}, options?: ErrorOptions) {
    super(`${describePlace(place)}${problem}`, options);
    this.section = place.section;
    this.offset = place.offset;
  }
}

function describePlace({ section, offset }: ElfPlace): string {
  const at = offset === undefined ? "" : `offset 0x${offset.toString(16)}`;
  if (section === undefined) return at === "" ? "" : `${at}: `;
  return `section '${section}'${at === "" ? "" : `, ${at}`}: `;
}

/** Runs `read`; what it says of BTF or instructions becomes an ElfError of this place. */
export function within<T>(place: ElfPlace, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BtfError || error instanceof AsmError)
      throw new ElfError(error.message, place, { cause: error });
    throw error;
  }
}

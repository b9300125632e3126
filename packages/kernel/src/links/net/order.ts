/** Where a program stands among the others at the same place. */
import { AttachFlag, type Attr } from "../../sys/index.ts";

/** A program or link that is there already, by its descriptor or its kernel id. */
export type Neighbour =
  | { readonly program: { readonly fd: number } }
  | { readonly programId: number }
  | { readonly link: { readonly fd: number | undefined } }
  | { readonly linkId: number };

export interface Order {
  /** Before (or after) the neighbour; without one before (or after) all others. */
  readonly place: "before" | "after";
  readonly neighbour?: Neighbour;
}

export interface OrderOptions {
  /** After all others unless given. Links only go next to programs that they know to be there (ENOENT). */
  readonly order?: Order;
  /** Refused (ESTALE) unless the list of programs is of this revision, which a query tells. */
  readonly revision?: bigint;
}

export interface Position {
  /** Bits of AttachFlag. */
  readonly flags: number;
  /** Descriptor or id; 0 for none. */
  readonly relative: number;
  /** 0 for any. */
  readonly revision: bigint;
}

export function positionOf({ order, revision = 0n }: OrderOptions): Position {
  if (order === undefined) return { flags: 0, relative: 0, revision };
  const { flags, relative } = neighbourOf(order.neighbour);
  return { flags: flags | (order.place === "before" ? AttachFlag.BEFORE : AttachFlag.AFTER), relative, revision };
}

/** Into BPF_LINK_CREATE: 16 relative_fd or relative_id, 24 expected_revision (u64). */
export function writePosition(attr: Attr, { relative, revision }: Position): void {
  attr.u32(16, relative);
  attr.u64(24, revision);
}

function neighbourOf(neighbour: Neighbour | undefined): Pick<Position, "flags" | "relative"> {
  if (neighbour === undefined) return { flags: 0, relative: 0 };
  if ("programId" in neighbour) return { flags: AttachFlag.ID, relative: neighbour.programId };
  if ("linkId" in neighbour) return { flags: AttachFlag.LINK | AttachFlag.ID, relative: neighbour.linkId };
  if ("program" in neighbour) return { flags: 0, relative: neighbour.program.fd };
  const { fd } = neighbour.link;
  if (fd === undefined)
    throw new TypeError("a program can be put next to a BPF link only, not next to an attachment without one");
  return { flags: AttachFlag.LINK, relative: fd };
}

/** How members lie in structs and unions: the rules of the x86-64 and aarch64 ABIs, which agree here. */
import { resolve, type Btf, type MemberInit, type TypeId } from "@sonde/bpf/btf";

/** In bytes. */
export interface Layout {
  readonly size: number;
  readonly align: number;
}

export interface MemberLayout {
  /** Empty for a struct whose members are those of the struct around it, and for padding bits. */
  readonly name: string;
  readonly type: TypeId;
  readonly layout: Layout;
  /** Width of a bit field. */
  readonly bits: number | undefined;
}

export interface Placed extends Layout {
  readonly members: readonly MemberInit[];
}

export function place(members: readonly MemberLayout[], kind: "struct" | "union", packed: boolean): Placed {
  const placed: MemberInit[] = [];
  let end = 0;
  let largest = 0;
  let align = 1;
  for (const { name, type, layout, bits } of members) {
    const unit = packed ? 1 : layout.align;
    const size = layout.size * 8;
    let at = kind === "union" ? 0 : end;
    if (bits === undefined) at = roundUp(at, unit * 8);
    // A bit field does not cross the boundary of its type; one of width 0 closes the unit.
    else if (bits === 0) at = roundUp(at, layout.align * 8);
    else if (!packed && Math.floor(at / size) !== Math.floor((at + bits - 1) / size)) at = roundUp(at, size);
    end = at + (bits ?? size);
    largest = Math.max(largest, end);
    if (bits !== undefined && name === "") continue;
    align = Math.max(align, unit);
    placed.push({ name, type, bitOffset: at, ...(bits === undefined ? {} : { bitSize: bits }) });
  }
  return { size: roundUp(Math.ceil(largest / 8), align), align, members: placed };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** The alignment of a type of the kernel: that of its largest part. */
export function alignOf(btf: Btf, id: TypeId, depth = 0): number {
  const type = resolve(btf, id);
  switch (type.kind) {
    case "int":
    case "enum":
    case "enum64":
    case "float":
      return type.size;
    case "ptr":
      return 8;
    case "array":
      return alignOf(btf, type.type, depth + 1);
    case "struct":
    case "union":
      if (depth > 32) return 8;
      return type.members.reduce((align, member) => Math.max(align, alignOf(btf, member.type, depth + 1)), 1);
    default:
      return 1;
  }
}

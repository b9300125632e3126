/** The kernel's types and, before them, those that a script defines itself. */
import { BtfReader, type Btf, type BtfKind, type BtfType, type TypeId } from "@sonde/bpf/btf";

export class ScriptTypes implements Btf {
  readonly size: number;
  /** Types with this id or a higher one are the script's own. */
  readonly firstOwn: TypeId;
  readonly #all: BtfReader;

  /** `own` is split BTF on the kernel's types, or whole BTF where there are none. */
  constructor(own: Uint8Array, kernel: BtfReader | undefined) {
    this.#all = new BtfReader(own, kernel === undefined ? {} : { base: kernel });
    this.size = this.#all.size;
    this.firstOwn = this.#all.firstId;
  }

  type(id: TypeId): BtfType {
    return this.#all.type(id);
  }

  /** What the script defines hides what the kernel has by the same name. */
  find(name: string, kind: BtfKind): readonly TypeId[] {
    const found = this.#all.find(name, kind);
    const own = found.filter((id) => id >= this.firstOwn);
    return own.length > 0 ? own : found;
  }

  ids(kind: BtfKind): Iterable<TypeId> {
    return this.#all.ids(kind);
  }

  names(kind: BtfKind): Iterable<string> {
    return this.#all.names(kind);
  }
}

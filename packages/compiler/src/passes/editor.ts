/** Makes instructions in the middle of a block: a new list is filled while the old one is walked. */
import type { AccessSize, BinaryOp, Block, Func, Inst, Width } from "../ir/ir.ts";
import { makeConst, SCALAR } from "../ir/values.ts";

export class Editor {
  readonly func: Func;
  /** What the block will hold. */
  readonly out: Inst[] = [];
  readonly #like: Inst;
  readonly #block: Block;

  /** New instructions stand in `block` and come from the same source as `like`. */
  constructor(func: Func, block: Block, like: Inst) {
    this.func = func;
    this.#block = block;
    this.#like = like;
  }

  constant(value: bigint | number): Inst {
    return makeConst(this.func, BigInt(value));
  }

  binary(kind: BinaryOp, a: Inst, b: Inst, width: Width = 64): Inst {
    return this.#add({ ...this.#base(), op: "binary", kind, width, a, b });
  }

  extend(a: Inst, bits: 8 | 16 | 32, signed: boolean): Inst {
    return this.#add({ ...this.#base(), op: "extend", bits, signed, a });
  }

  load(base: Inst, offset: number, size: AccessSize): Inst {
    return this.#add({ ...this.#base(), op: "load", size, signed: false, base, offset, core: undefined, volatile: false });
  }

  store(base: Inst, offset: number, size: AccessSize, value: Inst): void {
    this.#add({ ...this.#base(), op: "store", size, base, offset, value });
  }

  #base(): Pick<Inst, "id" | "type" | "block" | "source"> {
    return { id: this.func.nextId++, type: SCALAR, block: this.#block, source: this.#like.source };
  }

  #add(inst: Inst): Inst {
    this.out.push(inst);
    return inst;
  }
}

/**
 * The order in which C must be told of types. What is used by value is defined before, a typedef
 * before it is named, and of a struct behind a pointer it is enough that it is declared.
 */
import type { Btf, BtfType, TypeId } from "../btf.ts";
import { BtfError } from "../errors.ts";
import { builtIn } from "./scalars.ts";

export interface Step {
  /** `declare` a struct, union or enum, or `define` any type that has a name of its own. */
  readonly kind: "declare" | "define";
  readonly type: BtfType;
}

/** Deeper than any type of C nests. */
const MAX_DEPTH = 512;

/** Steps that define the roots and all they need. Throws BtfError for types that contain themselves. */
export function inOrder(btf: Btf, roots: Iterable<TypeId>): Step[] {
  const order = new Order(btf);
  for (const root of roots) order.visit(root, true, 0);
  return order.steps;
}

class Order {
  readonly steps: Step[] = [];
  readonly #btf: Btf;
  readonly #declared = new Set<TypeId>();
  readonly #defined = new Set<TypeId>();
  readonly #open = new Set<TypeId>();
  /** Those gone through, by the definition that they are in. */
  readonly #prototypes = new Set<string>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /**
   * `whole` if the type's size must be known, else its name is enough; `owner` is the type within
   * whose definition that is, which knows its own name.
   */
  visit(id: TypeId, whole: boolean, depth: number, owner: TypeId = 0): void {
    const type = this.#btf.type(id);
    if (depth > MAX_DEPTH) throw new BtfError(`BTF type ${id} nests more than ${MAX_DEPTH} deep`);
    const next = (held: TypeId, needsWhole: boolean, within: TypeId = owner): void =>
      this.visit(held, needsWhole, depth + 1, within);
    switch (type.kind) {
      case "int":
      case "float":
        if (builtIn(type) === undefined) this.#define(type);
        break;
      case "enum":
      case "enum64":
        if (type.name !== "") this.#define(type);
        break;
      case "ptr":
        next(type.type, false);
        break;
      case "const":
      case "volatile":
      case "restrict":
      case "typeTag":
        next(type.type, whole);
        break;
      case "array":
        next(type.type, true);
        break;
      case "funcProto":
        // A prototype has no name, so nothing else keeps it from being gone through each time that it is met.
        if (this.#prototypes.has(`${owner} ${id}`)) break;
        this.#prototypes.add(`${owner} ${id}`);
        next(type.result, false);
        for (const param of type.params) next(param.type, false);
        break;
      case "fwd":
        this.#declare(type);
        break;
      case "struct":
      case "union":
        if (!whole && type.name !== "") {
          if (id !== owner) this.#declare(type);
          break;
        }
        this.#define(type, () => {
          for (const member of type.members) next(member.type, true, type.name === "" ? owner : id);
        });
        break;
      case "typedef":
        if (whole || !this.#defined.has(id)) next(type.type, whole, id);
        this.#define(type);
        break;
      case "func":
      case "var":
        this.#define(type, () => next(type.type, false, id));
        break;
      case "void":
      case "declTag":
      case "datasec":
        break;
    }
  }

  #declare(type: BtfType): void {
    if (this.#declared.has(type.id)) return;
    this.#declared.add(type.id);
    this.steps.push({ kind: "declare", type });
  }

  /** `needs` asks for what must stand before. */
  #define(type: BtfType, needs?: () => void): void {
    if (this.#defined.has(type.id)) return;
    if (this.#open.has(type.id)) throw new BtfError(`BTF type ${type.id} (${type.kind}) contains itself`);
    this.#open.add(type.id);
    needs?.();
    this.#open.delete(type.id);
    this.#defined.add(type.id);
    this.#declared.add(type.id);
    if ("name" in type && type.name !== "") this.steps.push({ kind: "define", type });
  }
}

/**
 * Names as C takes them. The kernel has types of the same name in different files; a header has them
 * together, so the second of a name becomes `name___2`, which CO-RE takes for the same name.
 */
import type { Btf, BtfType, TypeId } from "../btf.ts";

const KEYWORDS = new Set(
  (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register " +
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while " +
    "asm typeof _Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local"
  ).split(" "),
);
/** Names that compilers define themselves. */
const PREDEFINED = ["__builtin_va_list"];

export class CNames {
  readonly #btf: Btf;
  /** How often each name was given, for names of structs, unions and enums and for all others. */
  readonly #tags = new Map<string, number>();
  readonly #others = new Map<string, number>();
  readonly #given = new Map<TypeId, string>();

  /** Of these types the first by id keeps its name; only then come enumerators. */
  constructor(btf: Btf, types: readonly BtfType[]) {
    this.#btf = btf;
    for (const name of PREDEFINED) this.#others.set(name, 1);
    for (const type of types.toSorted((a, b) => a.id - b.id)) this.of(type);
  }

  /** The name of a struct, union, enum, typedef, function or variable; always the same for the same type. */
  of(type: BtfType): string {
    const id = type.kind === "fwd" ? this.#declared(type) : type.id;
    const given = this.#given.get(id);
    if (given !== undefined) return given;
    const name = this.#unique("name" in type ? type.name : "", isTag(type) ? this.#tags : this.#others);
    this.#given.set(id, name);
    return name;
  }

  /** A name for an enumerator, which is another each time. */
  enumerator(name: string): string {
    return this.#unique(name, this.#others);
  }

  #unique(wanted: string, names: Map<string, number>): string {
    const name = identifier(wanted);
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return count === 1 ? name : `${name}___${count}`;
  }

  /** The struct that a forward declaration is of, if it is known. */
  #declared(type: Extract<BtfType, { kind: "fwd" }>): TypeId {
    return this.#btf.find(type.name, type.union ? "union" : "struct")[0] ?? type.id;
  }
}

/** The name itself, or what C takes for it. */
export function identifier(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=[0-9])/, "_");
  return KEYWORDS.has(plain) ? `${plain}_` : plain;
}

function isTag({ kind }: BtfType): boolean {
  switch (kind) {
    case "struct":
    case "union":
    case "enum":
    case "enum64":
    case "fwd":
      return true;
    default:
      return false;
  }
}

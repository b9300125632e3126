/**
 * Rust's mangling "v0" (RFC 2603), which the name is written from as it is read:
 *
 *     _RNvMs_NtCs1234_7mycrate3fooNtB4_3Bar3baz      <mycrate::foo::Bar>::baz
 *       N v ............................. 3baz         a value in a namespace:
 *           M s_ ...         ............                an impl block, of which only the type is written:
 *                              N t B4_ 3Bar                a type beside what begins 4 characters on
 *
 * Hashes of crates are not written. https://rust-lang.github.io/rfcs/2603-rust-symbol-name-mangling-v0.html
 */
import { NotMangled, Reader } from "../reader.ts";
import { decodePunycode } from "./punycode.ts";

const MAX_LENGTH = 1 << 16;
const MAX_STEPS = 1 << 14;

const BASIC_TYPES: Readonly<Record<string, string>> = {
  a: "i8",
  b: "bool",
  c: "char",
  d: "f64",
  e: "str",
  f: "f32",
  h: "u8",
  i: "isize",
  j: "usize",
  l: "i32",
  m: "u32",
  n: "i128",
  o: "u128",
  p: "_",
  s: "i16",
  t: "u16",
  u: "()",
  v: "...",
  x: "i64",
  y: "u64",
  z: "!",
};

/** The path. Throws NotMangled. */
export function demangleV0(mangled: string): string {
  const parser = new V0(mangled);
  if (/\d/.test(parser.peek())) parser.fail(); // of a version that is not known yet
  parser.path(true);
  const name = parser.written;
  // The crate that a generic function was made for is no part of its name.
  if (/[A-Z]/.test(parser.peek())) parser.path(false);
  if (!parser.ended && !/[.$]/.test(parser.peek())) parser.fail();
  return name;
}

class V0 extends Reader {
  written = "";
  #steps = 0;
  /** Lifetimes that "for<'a, ...>" around this place has named. */
  #lifetimes = 0;

  constructor(mangled: string) {
    super(mangled, "_R".length);
  }

  #add(words: string): void {
    this.written += words;
    if (this.written.length > MAX_LENGTH || ++this.#steps > MAX_STEPS) throw new NotMangled("the name is too long");
  }

  /** @param isValue whether generic arguments take "::", as they do in expressions */
  path(isValue: boolean): void {
    this.nested(() => {
      const kind = this.next();
      switch (kind) {
        case "C":
          return this.#add(this.#identifier().name);
        case "M":
          this.#implPath();
          return this.#bracketed(() => this.#type());
        case "X":
          this.#implPath();
          return this.#bracketed(() => this.#asTrait());
        case "Y":
          return this.#bracketed(() => this.#asTrait());
        case "N":
          return this.#inNamespace(isValue);
        case "I":
          this.path(isValue);
          if (isValue) this.#add("::");
          return this.#bracketed(() => this.#list(() => this.#genericArgument()));
        case "B":
          return this.#again(() => this.path(isValue));
        default:
          return this.fail();
      }
    });
  }

  #asTrait(): void {
    this.#type();
    this.#add(" as ");
    this.path(false);
  }

  /** Where an impl block is tells it from others; it is not written. */
  #implPath(): void {
    const { written } = this;
    this.#disambiguator();
    this.path(false);
    this.written = written;
  }

  #inNamespace(isValue: boolean): void {
    const namespace = this.next();
    if (!/[a-zA-Z]/.test(namespace)) this.fail();
    this.path(isValue);
    const { name, index } = this.#identifier();
    if (/[A-Z]/.test(namespace)) {
      const kind = namespace === "C" ? "closure" : namespace === "S" ? "shim" : namespace;
      this.#add(`::{${kind}${name === "" ? "" : `:${name}`}#${index}}`);
    } else if (name !== "") {
      this.#add(`::${name}`);
    }
  }

  #genericArgument(): void {
    if (this.accept("L")) this.#lifetime(this.#base62());
    else if (this.accept("K")) this.#constant(false);
    else this.#type();
  }

  #type(): void {
    this.nested(() => {
      const kind = this.peek();
      const basic = BASIC_TYPES[kind];
      if (basic !== undefined) {
        this.next();
        return this.#add(basic);
      }
      if (/[CMXYNI]/.test(kind)) return this.path(false);
      this.next();
      switch (kind) {
        case "R":
        case "Q":
          return this.#reference(kind === "Q");
        case "P":
          this.#add("*const ");
          return this.#type();
        case "O":
          this.#add("*mut ");
          return this.#type();
        case "A":
          this.#add("[");
          this.#type();
          this.#add("; ");
          this.#constant(true);
          return this.#add("]");
        case "S":
          this.#add("[");
          this.#type();
          return this.#add("]");
        case "T":
          return this.#tuple(() => this.#type());
        case "F":
          return this.#withLifetimes(() => this.#functionType());
        case "D":
          return this.#dynamic();
        case "B":
          return this.#again(() => this.#type());
        default:
          return this.fail();
      }
    });
  }

  #reference(isMutable: boolean): void {
    this.#add("&");
    if (this.accept("L")) {
      const index = this.#base62();
      if (index !== 0) {
        this.#lifetime(index);
        this.#add(" ");
      }
    }
    if (isMutable) this.#add("mut ");
    this.#type();
  }

  /** A tuple of one has a comma. */
  #tuple(item: () => void): void {
    this.#add("(");
    const count = this.#list(item);
    this.#add(count === 1 ? ",)" : ")");
  }

  #functionType(): void {
    if (this.accept("U")) this.#add("unsafe ");
    if (this.accept("K")) {
      const abi = this.accept("C") ? "C" : this.#undisambiguated().replaceAll("_", "-");
      this.#add(`extern "${abi}" `);
    }
    this.#add("fn(");
    this.#list(() => this.#type());
    this.#add(")");
    if (this.accept("u")) return;
    this.#add(" -> ");
    this.#type();
  }

  #dynamic(): void {
    this.#add("dyn ");
    this.#withLifetimes(() => this.#list(() => this.#dynamicTrait(), " + "));
    this.expect("L");
    const index = this.#base62();
    if (index === 0) return;
    this.#add(" + ");
    this.#lifetime(index);
  }

  /** A trait, its generic arguments and its associated types in the same brackets. */
  #dynamicTrait(): void {
    let isOpen = this.#openPath();
    while (this.accept("p")) {
      this.#add(isOpen ? ", " : "<");
      isOpen = true;
      this.#add(`${this.#undisambiguated()} = `);
      this.#type();
    }
    if (isOpen) this.#add(">");
  }

  /** A path whose generic arguments are left open for more; tells whether it has any. */
  #openPath(): boolean {
    if (this.accept("B")) return this.#again(() => this.#openPath());
    if (!this.accept("I")) {
      this.path(false);
      return false;
    }
    this.path(false);
    this.#add("<");
    this.#list(() => this.#genericArgument());
    return true;
  }

  /** "for<'a, 'b> ", if there is a binder here. */
  #withLifetimes<T>(inner: () => T): T {
    const outer = this.#lifetimes;
    if (this.accept("G")) {
      const count = this.#base62() + 1;
      if (count > 64) this.fail();
      this.#add("for<");
      for (let i = 0; i < count; i++) {
        if (i > 0) this.#add(", ");
        this.#lifetimes++;
        this.#lifetime(1);
      }
      this.#add("> ");
    }
    const value = inner();
    this.#lifetimes = outer;
    return value;
  }

  /** Counted from the innermost binder outwards: 1 is the last that was named, 0 is '_. */
  #lifetime(index: number): void {
    if (index === 0) return this.#add("'_");
    const depth = this.#lifetimes - index;
    if (depth < 0) this.fail();
    this.#add(depth < 26 ? `'${String.fromCharCode(0x61 + depth)}` : `'_${depth}`);
  }

  /** A value of a type; one that is no plain number takes braces as a generic argument. */
  #constant(isInside: boolean): void {
    this.nested(() => {
      const kind = this.next();
      switch (kind) {
        case "p":
          return this.#add("_");
        case "B":
          return this.#again(() => this.#constant(isInside));
        case "b": {
          const value = this.#hex();
          return this.#add(value === "0" ? "false" : value === "1" ? "true" : this.fail());
        }
        case "c":
          return this.#add(quoted(String.fromCodePoint(this.#codePoint()), "'"));
        case "e":
        case "R":
        case "Q":
        case "A":
        case "T":
        case "V":
          if (!isInside) this.#add("{");
          this.#compound(kind);
          return isInside ? undefined : this.#add("}");
        default:
          return /[hjmotyailnsx]/.test(kind) ? this.#integer() : this.fail();
      }
    });
  }

  #compound(kind: string): void {
    switch (kind) {
      case "e":
        this.#add("*");
        return this.#string();
      case "R":
      case "Q":
        if (kind === "R" && this.accept("e")) return this.#string();
        this.#add(kind === "R" ? "&" : "&mut ");
        return this.#constant(true);
      case "A":
        this.#add("[");
        this.#list(() => this.#constant(true));
        return this.#add("]");
      case "T":
        return this.#tuple(() => this.#constant(true));
      default:
        return this.#variant();
    }
  }

  /** A struct's or an enum's value: a path and nothing, a tuple, or fields with names. */
  #variant(): void {
    this.path(true);
    switch (this.next()) {
      case "U":
        return;
      case "T":
        this.#add("(");
        this.#list(() => this.#constant(true));
        return this.#add(")");
      case "S":
        this.#add(" { ");
        this.#list(() => {
          this.#add(`${this.#identifier().name}: `);
          this.#constant(true);
        });
        return this.#add(" }");
      default:
        return this.fail();
    }
  }

  #integer(): void {
    const sign = this.accept("n") ? "-" : "";
    this.#add(`${sign}${BigInt(`0x${this.#hex()}`)}`);
  }

  #string(): void {
    const bytes = this.#hexDigits();
    if (bytes.length % 2 !== 0) this.fail();
    const octets = Array.from(bytes.matchAll(/../g), ([pair]) => `%${pair}`).join("");
    try {
      this.#add(quoted(decodeURIComponent(octets), '"'));
    } catch (error) {
      if (error instanceof URIError) this.fail();
      throw error;
    }
  }

  #codePoint(): number {
    const point = Number.parseInt(this.#hex(), 16);
    return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? point : this.fail();
  }

  #hex(): string {
    return this.#hexDigits() || "0";
  }

  #hexDigits(): string {
    const digits = this.match(/[0-9a-f]*/y);
    this.expect("_");
    return digits;
  }

  // Pieces ----------------------------------------------------------------------------------------

  #bracketed(inner: () => void): void {
    this.#add("<");
    inner();
    this.#add(">");
  }

  /** Items until an E; tells how many. */
  #list(item: () => void, separator = ", "): number {
    let count = 0;
    for (; !this.accept("E"); count++) {
      if (count > 0) this.#add(separator);
      item();
    }
    return count;
  }

  /** Reads once more what began earlier in the name. */
  #again<T>(read: () => T): T {
    const start = this.at - 1;
    const target = this.#base62() + "_R".length;
    if (target >= start) this.fail();
    const { at } = this;
    this.at = target;
    const value = this.nested(read);
    this.at = at;
    return value;
  }

  #identifier(): { name: string; index: number } {
    const index = this.#disambiguator();
    return { name: this.#undisambiguated(), index };
  }

  #disambiguator(): number {
    return this.accept("s") ? this.#base62() + 1 : 0;
  }

  #undisambiguated(): string {
    const isPunycode = this.accept("u");
    // Numbers have no leading zeros: what follows a 0 is a length of its own.
    const length = this.accept("0") ? 0 : this.number();
    this.accept("_");
    const bytes = this.take(length);
    if (!isPunycode) return bytes;
    const split = bytes.lastIndexOf("_");
    return decodePunycode(bytes.slice(0, Math.max(split, 0)), bytes.slice(split + 1));
  }

  /** "_" is 0, "0_" is 1. */
  #base62(): number {
    let value = 0;
    const digits = this.match(/[0-9a-zA-Z]{0,12}/y);
    this.expect("_");
    if (digits === "") return 0;
    for (const digit of digits) {
      const one = /[A-Z]/.test(digit) ? digit.charCodeAt(0) - 29 : Number.parseInt(digit, 36);
      value = value * 62 + one;
    }
    return value + 1;
  }
}

function quoted(text: string, quote: string): string {
  const escaped = text.replace(/[\\\t\r\n]/g, (c) => JSON.stringify(c).slice(1, -1)).replaceAll(quote, `\\${quote}`);
  return `${quote}${escaped}${quote}`;
}

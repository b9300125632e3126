/**
 * C declarations as BTF: structs, unions, enums and typedefs of a script, laid out as the C compilers of
 * x86-64 and aarch64 do. What they name and do not define is looked up among the kernel's types.
 */
import { BtfError, sizeOf, type Btf, type TypeId } from "@sonde/bpf/btf";
import type { Message } from "../../diagnostics/index.ts";
import type { Span } from "../ast.ts";
import * as messages from "../messages/declarations.ts";
import { evaluate, type Names } from "./evaluate.ts";
import { alignOf, place, type MemberLayout } from "./layout.ts";
import {
  DeclarationStop,
  INTEGER_NAMES,
  INTEGER_WORDS,
  QUALIFIERS,
  STANDARD,
  type CType,
  type Scope,
} from "./scope.ts";
import type { CToken } from "./tokens.ts";

/** Structs within structs, pointers to pointers, brackets within brackets. */
const MAX_DEPTH = 32;
const MAX_MEMBERS = 4096;
/** Bytes of a type; what is larger is a mistake. */
const MAX_BYTES = 1 << 24;

interface Declarator {
  readonly name: string;
  readonly type: CType;
  readonly span: Span;
}

/** Reads declarations one after another from tokens that macros are expanded in. */
export class Declarations {
  readonly #tokens: readonly CToken[];
  readonly #scope: Scope;
  /** What names mean in constant expressions here. */
  readonly names: Names;
  readonly #end: Span;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly CToken[], scope: Scope, value: (name: string) => bigint | undefined) {
    this.#tokens = tokens;
    this.#scope = scope;
    this.names = {
      value: (name) => scope.constants.get(name) ?? value(name),
      sizeOf: (rest) => this.#sizeOfType(rest, value),
    };
    this.#end = tokens.at(-1)?.span ?? { start: 0, end: 0 };
  }

  /** Throws DeclarationStop. */
  readAll(): void {
    while (this.#at < this.#tokens.length) {
      if (this.#accept(";")) continue;
      this.#declaration();
    }
  }

  /** The type that stands at the start, without a name, and how many tokens it takes. */
  readType(): { readonly type: CType; readonly taken: number } {
    const base = this.#specifiers();
    const { type } = this.#declarator(base);
    return { type, taken: this.#at };
  }

  #declaration(): void {
    const isTypedef = this.#accept("typedef");
    this.#accept("extern");
    const base = this.#specifiers();
    if (isTypedef && (this.#text === ";" || this.#text === "")) this.#stop(messages.declaratorExpected, this.#span);
    while (this.#at < this.#tokens.length && this.#text !== ";" && (isTypedef || !this.#startsDeclaration())) {
      const { name, type, span } = this.#declarator(base);
      if (name === "") this.#stop(messages.declaratorExpected, span);
      if (isTypedef) {
        const id = this.#scope.builder.typedef(name, type.id);
        this.#scope.typedefs.set(name, { id, layout: type.layout });
      }
      if (!this.#accept(",")) break;
    }
    this.#accept(";");
  }

  /** The semicolon behind a definition may be left out in scripts. */
  #startsDeclaration(): boolean {
    return ["struct", "union", "enum", "typedef"].includes(this.#text);
  }

  get #text(): string {
    return this.#tokens[this.#at]?.text ?? "";
  }

  get #span(): Span {
    return this.#tokens[this.#at]?.span ?? this.#end;
  }

  #accept(text: string): boolean {
    if (this.#text !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) this.#stop(messages.expectedInDeclaration, this.#span, text, this.#text);
  }

  #stop<Args extends readonly unknown[]>(message: Message<Args>, span: Span, ...args: Args): never {
    throw new DeclarationStop((report) => report(message, span, ...args));
  }

  #nested<Result>(read: () => Result): Result {
    if (++this.#depth > MAX_DEPTH) this.#stop(messages.declarationTooDeep, this.#span, MAX_DEPTH);
    const result = read();
    this.#depth--;
    return result;
  }

  #specifiers(): CType {
    const words: string[] = [];
    let type: CType | undefined;
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token?.kind !== "name") break;
      const { text } = token;
      if (QUALIFIERS.has(text)) {
        this.#at++;
        if (text === "__attribute__") this.#attribute();
      } else if (text === "struct" || text === "union") {
        this.#at++;
        type = this.#nested(() => this.#composite(text));
      } else if (text === "enum") {
        this.#at++;
        type = this.#enum();
      } else if (INTEGER_WORDS.has(text)) {
        words.push(text);
        this.#at++;
      } else if (type === undefined && words.length === 0) {
        type = this.#named(text, token.span);
        this.#at++;
      } else break;
    }
    if (words.length > 0) return this.#integer(words);
    return type ?? this.#stop(messages.typeExpected, this.#span, this.#text);
  }

  #integer(words: readonly string[]): CType {
    const { builder } = this.#scope;
    const has = (word: string): boolean => words.includes(word);
    if (has("void")) return { id: 0, layout: { size: 0, align: 1 } };
    if (has("bool") || has("_Bool")) return { id: builder.int("_Bool", 1, "bool"), layout: { size: 1, align: 1 } };
    if (has("float") || has("double")) {
      const size = has("float") ? 4 : has("long") ? 16 : 8;
      return { id: builder.float(words.join(" "), size), layout: { size, align: size } };
    }
    const size = has("char") ? 1 : has("short") ? 2 : has("long") ? 8 : 4;
    const unsigned = has("unsigned");
    const name = words.length === 1 && has("char") ? "char" : `${unsigned ? "unsigned " : ""}${INTEGER_NAMES[size]}`;
    return { id: builder.int(name, size, unsigned ? "unsigned" : "signed"), layout: { size, align: size } };
  }

  /** A typedef, or one of the fixed-size integers. */
  #named(name: string, span: Span): CType {
    const own = this.#scope.typedefs.get(name);
    if (own !== undefined) return own;
    const fixed = /^(?:__)?([us]|u?int)(8|16|32|64)(?:_t)?$/.exec(name);
    if (fixed !== null) {
      const size = (Number(fixed[2]) / 8) as 1 | 2 | 4 | 8;
      const unsigned = fixed[1]!.startsWith("u");
      const id = this.#scope.builder.int(
        `${unsigned ? "u" : ""}int${size * 8}_t`,
        size,
        unsigned ? "unsigned" : "signed",
      );
      return { id, layout: { size, align: size } };
    }
    const { kernel } = this.#scope;
    const [typedef] = kernel?.find(name, "typedef") ?? [];
    if (kernel !== undefined && typedef !== undefined) return this.#fromKernel(kernel, typedef);
    const standard = STANDARD[name];
    if (standard !== undefined) return this.#integer(standard.split(" "));
    return this.#stop(messages.unknownCType, span, name);
  }

  #fromKernel(kernel: Btf, id: TypeId): CType {
    try {
      return { id, layout: { size: sizeOf(kernel, id), align: alignOf(kernel, id) } };
    } catch (error) {
      // What the kernel only declares has no size; pointers to it are of use.
      if (error instanceof BtfError) return { id, layout: { size: 0, align: 1 } };
      throw error;
    }
  }

  /** `struct name`, `struct name { ... }`, `struct { ... }`. */
  #composite(kind: "struct" | "union"): CType {
    const { builder, kernel, tags, forward } = this.#scope;
    const packed = this.#attributes();
    const token = this.#tokens[this.#at];
    const name = token?.kind === "name" ? token.text : "";
    if (name !== "") this.#at++;
    if (this.#text !== "{") {
      if (name === "") this.#stop(messages.expectedInDeclaration, this.#span, "{", this.#text);
      return this.#referred(kind, name, kernel);
    }
    const id = (name === "" ? undefined : forward.get(`${kind} ${name}`)) ?? builder.declare(kind, name);
    forward.delete(`${kind} ${name}`);
    // Its own members may point to it.
    const layout = { size: 0, align: 1 };
    const type: CType = { id, layout };
    if (name !== "") tags.set(`${kind} ${name}`, type);
    const members = this.#members();
    const isPacked = this.#attributes() || packed;
    const placed = place(members, kind, isPacked);
    if (placed.size > MAX_BYTES) this.#stop(messages.typeTooLarge, token?.span ?? this.#end, MAX_BYTES);
    Object.assign(layout, { size: placed.size, align: placed.align });
    builder.define(id, placed.size, placed.members);
    return type;
  }

  #referred(kind: "struct" | "union", name: string, kernel: Btf | undefined): CType {
    const { builder, tags, forward } = this.#scope;
    const key = `${kind} ${name}`;
    const own = tags.get(key);
    if (own !== undefined) return own;
    const [known] = kernel?.find(name, kind) ?? [];
    if (kernel !== undefined && known !== undefined) return this.#fromKernel(kernel, known);
    let id = forward.get(key);
    if (id === undefined) {
      id = builder.declare(kind, name);
      forward.set(key, id);
      tags.set(key, { id, layout: { size: 0, align: 1 } });
    }
    return { id, layout: { size: 0, align: 1 } };
  }

  #members(): MemberLayout[] {
    const members: MemberLayout[] = [];
    this.#expect("{");
    while (!this.#accept("}")) {
      if (this.#at >= this.#tokens.length) this.#stop(messages.expectedInDeclaration, this.#end, "}", "the end");
      if (members.length > MAX_MEMBERS) this.#stop(messages.tooManyMembers, this.#span, MAX_MEMBERS);
      if (this.#accept(";")) continue;
      const base = this.#specifiers();
      if (this.#text === ";") {
        // A struct without a name: its members are those of the struct around it.
        members.push({ name: "", type: base.id, layout: base.layout, bits: undefined });
        continue;
      }
      do {
        const { name, type, span } =
          this.#text === ":" ? { name: "", type: base, span: this.#span } : this.#declarator(base);
        const bits = this.#accept(":") ? Number(this.#constant([",", ";"])) : undefined;
        if (bits !== undefined && !(bits >= 0 && bits <= type.layout.size * 8))
          this.#stop(messages.bitFieldWidth, span, name, type.layout.size * 8);
        this.#attributes();
        members.push({ name, type: type.id, layout: type.layout, bits });
      } while (this.#accept(","));
      this.#expect(";");
    }
    return members;
  }

  #enum(): CType {
    const { builder, kernel, tags, constants } = this.#scope;
    this.#attributes();
    const token = this.#tokens[this.#at];
    const name = token?.kind === "name" ? token.text : "";
    if (name !== "") this.#at++;
    if (!this.#accept("{")) {
      const own = tags.get(`enum ${name}`);
      if (own !== undefined) return own;
      const [known] = kernel?.find(name, "enum") ?? [];
      if (kernel !== undefined && known !== undefined) return this.#fromKernel(kernel, known);
      return this.#stop(messages.unknownCType, token?.span ?? this.#end, `enum ${name}`);
    }
    const values: { name: string; value: bigint }[] = [];
    let next = 0n;
    while (!this.#accept("}")) {
      const entry = this.#tokens[this.#at];
      if (entry?.kind !== "name") this.#stop(messages.expectedInDeclaration, this.#span, "a name", this.#text);
      if (values.length > MAX_MEMBERS) this.#stop(messages.tooManyMembers, this.#span, MAX_MEMBERS);
      this.#at++;
      if (this.#accept("=")) next = this.#constant([",", "}"]);
      values.push({ name: entry.text, value: next });
      constants.set(entry.text, next);
      next++;
      if (!this.#accept(",") && this.#text !== "}")
        this.#stop(messages.expectedInDeclaration, this.#span, ", or }", this.#text);
    }
    this.#attributes();
    const signed = values.some(({ value }) => value < 0n);
    const wide = values.some(({ value }) => value > 0xffff_ffffn || value < -0x8000_0000n);
    const size = wide ? 8 : 4;
    const type: CType = { id: builder.enum(name, size, signed, values), layout: { size, align: size } };
    if (name !== "") tags.set(`enum ${name}`, type);
    return type;
  }

  /** Stars, a name (which a type alone lacks), arrays, a function's parameters. */
  #declarator(base: CType): Declarator {
    return this.#nested(() => {
      const { builder } = this.#scope;
      let type = base;
      while (this.#text === "*" || QUALIFIERS.has(this.#text)) {
        const star = this.#text === "*";
        this.#at++;
        if (star) type = { id: builder.ptr(type.id), layout: { size: 8, align: 8 } };
      }
      const span = this.#span;
      if (
        this.#text === "(" &&
        (this.#tokens[this.#at + 1]?.text === "*" || this.#tokens[this.#at + 1]?.text === "(")
      ) {
        // A pointer to a function or an array: of no use in a script but for its name and size.
        this.#at++;
        const inner = this.#declarator({ id: 0, layout: { size: 0, align: 1 } });
        this.#expect(")");
        this.#suffixes({ id: 0, layout: { size: 0, align: 1 } });
        return inner;
      }
      const token = this.#tokens[this.#at];
      const name = token?.kind === "name" ? token.text : "";
      if (name !== "") this.#at++;
      return { name, type: this.#suffixes(type), span };
    });
  }

  #suffixes(base: CType): CType {
    const lengths: number[] = [];
    for (;;) {
      if (this.#accept("[")) {
        lengths.push(this.#text === "]" ? 0 : Number(this.#constant(["]"])));
        this.#expect("]");
      } else if (this.#text === "(") this.#skipBrackets();
      else break;
    }
    return lengths.reduceRight<CType>((element, length) => {
      const size = element.layout.size * length;
      if (!(length >= 0 && size <= MAX_BYTES)) this.#stop(messages.typeTooLarge, this.#span, MAX_BYTES);
      return { id: this.#scope.builder.array(element.id, length), layout: { size, align: element.layout.align } };
    }, base);
  }

  /** The constant expression up to one of `ends`. */
  #constant(ends: readonly string[]): bigint {
    const start = this.#at;
    for (let depth = 0; this.#at < this.#tokens.length; this.#at++) {
      const text = this.#text;
      if (depth === 0 && ends.includes(text)) break;
      if (text === "(" || text === "[") depth++;
      if (text === ")" || text === "]") depth--;
    }
    const tokens = this.#tokens.slice(start, this.#at);
    const value = evaluate(tokens, this.names);
    if (value !== undefined) return value;
    const text = tokens.map((token) => token.text).join(" ");
    return this.#stop(messages.notConstantInC, tokens[0]?.span ?? this.#span, text);
  }

  /** Reads `__attribute__((...))`; whether one of them was `packed`. */
  #attributes(): boolean {
    let packed = false;
    while (this.#accept("__attribute__")) packed = this.#attribute() || packed;
    while (this.#accept("__packed")) packed = true;
    return packed;
  }

  #attribute(): boolean {
    const start = this.#at;
    this.#skipBrackets();
    return this.#tokens.slice(start, this.#at).some(({ text }) => text === "packed" || text === "__packed__");
  }

  #skipBrackets(): void {
    let depth = 0;
    do {
      if (this.#text === "(") depth++;
      if (this.#text === ")") depth--;
      this.#at++;
    } while (depth > 0 && this.#at < this.#tokens.length);
  }

  #sizeOfType(
    tokens: readonly CToken[],
    value: (name: string) => bigint | undefined,
  ): { readonly bytes: number; readonly taken: number } | undefined {
    const [first] = tokens;
    if (first?.kind !== "name" || !this.#isType(first.text)) return undefined;
    try {
      const { type, taken } = new Declarations(tokens, this.#scope, value).readType();
      return { bytes: type.layout.size, taken };
    } catch (error) {
      if (error instanceof DeclarationStop) return undefined;
      throw error;
    }
  }

  #isType(name: string): boolean {
    const { kernel, typedefs } = this.#scope;
    return (
      INTEGER_WORDS.has(name) ||
      name === "struct" ||
      name === "union" ||
      name === "enum" ||
      typedefs.has(name) ||
      /^(?:__)?([us]|u?int)(8|16|32|64)(_t)?$/.test(name) ||
      (kernel?.find(name, "typedef").length ?? 0) > 0
    );
  }
}

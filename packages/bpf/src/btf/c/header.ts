/**
 * A header with types, as `vmlinux.h` is: for C programs that are compiled against a kernel whose BTF
 * this is. A compiler for BPF lays the types out as the BTF says. It is C up to C17: the kernel
 * defines `bool`, `true` and `false` itself, which C23 has as keywords.
 */
import type { Btf, BtfType, TypeId } from "../btf.ts";
import { isComposite, resolve } from "../members.ts";
import type { Composite } from "../members.ts";
import { referencesOf } from "../references.ts";
import { declTags } from "./decl-tags.ts";
import type { DeclTags } from "./decl-tags.ts";
import { bounded, declarator, join } from "./declarator.ts";
import type { Spelling, Types } from "./declarator.ts";
import { enumeration } from "./enumeration.ts";
import { CLayouts } from "./layout.ts";
import type { Part } from "./layout.ts";
import { CNames, identifier } from "./names.ts";
import { inOrder } from "./order.ts";
import type { Step } from "./order.ts";
import { builtIn, equivalent } from "./scalars.ts";

const OPENING = `#pragma once

#if defined(__bpf__) && !defined(BPF_NO_PRESERVE_ACCESS_INDEX)
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif
`;
const CLOSING = `#if defined(__bpf__) && !defined(BPF_NO_PRESERVE_ACCESS_INDEX)
#pragma clang attribute pop
#endif
`;

/**
 * The roots and all that they need, in an order that C takes. Structs behind pointers are only
 * declared unless they are roots too: see {@link reachable}. Without roots it is every struct, union,
 * enum and typedef; functions and variables are printed where they are roots. Types without a name
 * stand within those that use them. Throws BtfError for types that contain themselves.
 */
export function printC(btf: Btf, roots?: Iterable<TypeId>): string {
  const chosen = [...(roots ?? allTypes(btf))];
  const steps = inOrder(btf, chosen);
  const header = new Header(btf, steps);
  const texts = steps.map((step) => header.step(step));
  for (const id of new Set(chosen)) texts.push(header.constants(btf.type(id)));
  return `${OPENING}\n${paragraphs(texts.filter((text) => text !== ""))}\n${CLOSING}`;
}

/** Lines stand together, what takes several is set off. */
function paragraphs(texts: readonly string[]): string {
  return texts
    .map((text, index) => {
      const apart = text.includes("\n") || texts[index - 1]?.includes("\n") === true;
      return `${apart && index > 0 ? "\n" : ""}${text};\n`;
    })
    .join("");
}

/** Every type with a name that is no function or variable; and enums that nothing but their values needs. */
function* allTypes(btf: Btf): Iterable<TypeId> {
  const used = new Uint8Array(btf.size);
  for (let id = 1; id < btf.size; id++) {
    const type = btf.type(id);
    if (type.kind !== "var") for (const held of referencesOf(type)) used[held] = 1;
  }
  for (let id = 1; id < btf.size; id++) {
    const type = btf.type(id);
    switch (type.kind) {
      case "struct":
      case "union":
      case "typedef":
      case "fwd":
        if (type.name !== "") yield id;
        break;
      case "enum":
      case "enum64":
        if (type.name !== "" || used[id] === 0) yield id;
        break;
    }
  }
}

class Header {
  readonly #btf: Btf;
  readonly #layouts: CLayouts;
  readonly #names: CNames;
  readonly #tags: DeclTags;
  /** For the definition being written. */
  #types: Types;

  constructor(btf: Btf, steps: readonly Step[]) {
    this.#btf = btf;
    this.#types = btf;
    this.#layouts = new CLayouts(btf);
    this.#names = new CNames(
      btf,
      steps.map(({ type }) => type),
    );
    this.#tags = declTags(btf);
  }

  step({ kind, type }: Step): string {
    this.#types = bounded(this.#btf, type.id);
    return kind === "declare" ? this.#tagged(type) : this.#definition(type);
  }

  /** The values of an enum without a name. */
  constants(type: BtfType): string {
    if ((type.kind !== "enum" && type.kind !== "enum64") || type.name !== "" || type.values.length === 0) return "";
    return enumeration(type, "enum", this.#names, "");
  }

  #definition(type: BtfType): string {
    const attributes = this.#tags.of(type.id, -1);
    switch (type.kind) {
      case "struct":
      case "union":
        return join(this.#body(type, "", this.#tagged(type)), attributes);
      case "enum":
      case "enum64":
        return type.values.length === 0 ? this.#tagged(type) : enumeration(type, this.#tagged(type), this.#names, "");
      case "typedef":
        return `typedef ${join(this.#declarator(type.type, this.#names.of(type), ""), attributes)}`;
      case "func":
      case "var":
        return `extern ${join(this.#declarator(type.type, this.#names.of(type), "", type.id), attributes)}`;
      case "int":
      case "float":
        return `typedef ${equivalent(type) ?? `struct { char bytes[${type.size}]; }`} ${this.#names.of(type)}`;
      default:
        return this.#declarator(type.id, "", "");
    }
  }

  /** "struct file" */
  #tagged(type: BtfType): string {
    const word = type.kind === "fwd" ? (type.union ? "union" : "struct") : type.kind === "enum64" ? "enum" : type.kind;
    return "name" in type && type.name !== "" ? `${word} ${this.#names.of(type)}` : word;
  }

  /** Up to the closing brace and attributes; `head` is "struct file", or "struct" alone. */
  #body(type: Composite, indent: string, head: string): string {
    const { parts, packed, aligned } = this.#layouts.of(type);
    const lines = parts.map((part) => `${indent}\t${this.#part(part, type, `${indent}\t`)};\n`);
    const attributes = [...(packed ? ["packed"] : []), ...(aligned === undefined ? [] : [`aligned(${aligned})`])];
    const body = `${head} {\n${lines.join("")}${indent}}`;
    return join(body, attributes.length === 0 ? "" : `__attribute__((${attributes.join(", ")}))`);
  }

  #part(part: Part, type: Composite, indent: string): string {
    if (part.kind === "padding") return `long: ${part.bits}`;
    if (part.kind === "bytes") return `unsigned char __bytes[${part.length}]`;
    const member = type.members[part.index]!;
    const inner = resolve(this.#types, member.type);
    // Compilers for the kernel let `struct key;` stand for all its members; C proper wants them written out.
    if (member.name === "" && isComposite(inner)) return this.#body(inner, indent, inner.kind);
    const text = this.#declarator(member.type, identifier(member.name), indent);
    return join(part.bits === 0 ? text : `${text}: ${part.bits}`, this.#tags.of(type.id, part.index));
  }

  /** `func` is the function whose parameters the declaration has, if it has tags for them. */
  #declarator(id: TypeId, name: string, indent: string, func?: TypeId): string {
    const spelling: Spelling = {
      base: (type) => this.#base(type, indent),
      typeTag: ({ name: tag, attribute }) =>
        `__attribute__((${attribute ? tag : `btf_type_tag(${JSON.stringify(tag)})`}))`,
      parameter: (param, index) => join(identifier(param.name), func === undefined ? "" : this.#tags.of(func, index)),
      noLength: "0",
    };
    return declarator(this.#types, id, name, spelling);
  }

  #base(type: BtfType, indent: string): string {
    switch (type.kind) {
      case "struct":
      case "union":
        return type.name === "" ? this.#body(type, indent, type.kind) : this.#tagged(type);
      case "enum":
      case "enum64":
        return type.name === "" ? enumeration(type, "enum", this.#names, indent) : this.#tagged(type);
      case "fwd":
        return this.#tagged(type);
      case "int":
      case "float":
        return builtIn(type) ?? this.#names.of(type);
      case "typedef":
        return this.#names.of(type);
      default:
        return "void";
    }
  }
}

/** What a script has declared so far, and the words of C's own types. */
import type { Btf, BtfBuilder, TypeId } from "@sonde/bpf/btf";
import type { Message } from "../../diagnostics/index.ts";
import type { Span } from "../ast.ts";
import type { Layout } from "./layout.ts";

/** Thrown at what can't be read; caught where the next declaration starts. */
export class DeclarationStop extends Error {
  readonly report: (report: Report) => void;
  constructor(report: (report: Report) => void) {
    super("a declaration that can't be read");
    this.report = report;
  }
}

export type Report = <Args extends readonly unknown[]>(message: Message<Args>, span: Span, ...args: Args) => void;

/** A type while it is read. */
export interface CType {
  readonly id: TypeId;
  readonly layout: Layout;
}

/** What the script has declared so far. */
export class Scope {
  readonly builder: BtfBuilder;
  readonly kernel: Btf | undefined;
  readonly tags: Map<string, CType> = new Map();
  readonly typedefs: Map<string, CType> = new Map();
  /** Of enums. */
  readonly constants: Map<string, bigint> = new Map();
  /** Structs that are named and have no members yet. */
  readonly forward: Map<string, TypeId> = new Map();

  constructor(builder: BtfBuilder, kernel: Btf | undefined) {
    this.builder = builder;
    this.kernel = kernel;
  }
}

/** Words before a type or behind a star that say nothing here. */
export const QUALIFIERS: ReadonlySet<string> = new Set([
  "const",
  "volatile",
  "restrict",
  "__restrict",
  "static",
  "inline",
  "__attribute__",
  "__user",
  "__rcu",
  "__percpu",
  "__iomem",
]);
/** Words of which C's own types are made. */
export const INTEGER_WORDS: ReadonlySet<string> = new Set([
  "void",
  "char",
  "short",
  "int",
  "long",
  "signed",
  "unsigned",
  "float",
  "double",
  "bool",
  "_Bool",
]);
export const INTEGER_NAMES: Readonly<Record<1 | 2 | 4 | 8, string>> = { 1: "char", 2: "short", 4: "int", 8: "long" };

/** Names that C programs have from headers, where the kernel's types lack them. */
export const STANDARD: Readonly<Record<string, string>> = {
  size_t: "unsigned long",
  ssize_t: "long",
  uintptr_t: "unsigned long",
  intptr_t: "long",
  off_t: "long",
  pid_t: "int",
  uid_t: "unsigned int",
  gid_t: "unsigned int",
  mode_t: "unsigned int",
  time_t: "long",
  uint: "unsigned int",
  ulong: "unsigned long",
  ushort: "unsigned short",
};

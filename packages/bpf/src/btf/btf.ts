/**
 * The reader's face of BTF: types by id and by name, decoded when asked for.
 * The implementation (lazy, over mapped bytes) is in reader.ts.
 */
export type TypeId = number;

export interface Btf {
  /** Number of types, the implicit `void` (id 0) included. */
  readonly size: number;
  /** The type with this id; throws BtfError when there is none. */
  type(id: TypeId): BtfType;
  /** All ids of types of this name and kind, in order; empty if there are none. */
  find(name: string, kind: BtfKind): readonly TypeId[];
  /** Ids of all types of one kind, in order. */
  ids(kind: BtfKind): Iterable<TypeId>;
  /** Names of all types of one kind, in the order of their ids. */
  names(kind: BtfKind): Iterable<string>;
}

export type BtfKind = BtfType["kind"];

export type BtfType =
  | { readonly kind: "void"; readonly id: 0 }
  /** `size` in bytes; `bits` counts the significant ones. */
  | {
      readonly kind: "int";
      readonly id: TypeId;
      readonly name: string;
      readonly size: number;
      readonly bits: number;
      readonly bitOffset: number;
      readonly encoding: IntEncoding;
    }
  | { readonly kind: "ptr"; readonly id: TypeId; readonly type: TypeId }
  | {
      readonly kind: "array";
      readonly id: TypeId;
      readonly type: TypeId;
      readonly index: TypeId;
      readonly length: number;
    }
  | {
      readonly kind: "struct" | "union";
      readonly id: TypeId;
      readonly name: string;
      readonly size: number;
      readonly members: readonly BtfMember[];
    }
  | {
      readonly kind: "enum" | "enum64";
      readonly id: TypeId;
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly values: readonly BtfEnumerator[];
    }
  | { readonly kind: "fwd"; readonly id: TypeId; readonly name: string; readonly union: boolean }
  | { readonly kind: "typedef"; readonly id: TypeId; readonly name: string; readonly type: TypeId }
  /** With `attribute` the name is a whole attribute, "address_space(1)", else the text of a btf_type_tag: "user". */
  | {
      readonly kind: "typeTag";
      readonly id: TypeId;
      readonly name: string;
      readonly type: TypeId;
      readonly attribute?: true;
    }
  | { readonly kind: "volatile" | "const" | "restrict"; readonly id: TypeId; readonly type: TypeId }
  | {
      readonly kind: "func";
      readonly id: TypeId;
      readonly name: string;
      readonly type: TypeId;
      readonly linkage: "static" | "global" | "extern";
    }
  /** A variadic prototype ends with a parameter of no name and type 0. */
  | { readonly kind: "funcProto"; readonly id: TypeId; readonly result: TypeId; readonly params: readonly BtfParam[] }
  | {
      readonly kind: "var";
      readonly id: TypeId;
      readonly name: string;
      readonly type: TypeId;
      readonly linkage: "static" | "global" | "extern";
    }
  | {
      readonly kind: "datasec";
      readonly id: TypeId;
      readonly name: string;
      readonly size: number;
      readonly variables: readonly BtfVariable[];
    }
  | { readonly kind: "float"; readonly id: TypeId; readonly name: string; readonly size: number }
  /** `component` is a member's or parameter's index, or -1 for the type itself; `attribute` as for type tags. */
  | {
      readonly kind: "declTag";
      readonly id: TypeId;
      readonly name: string;
      readonly type: TypeId;
      readonly component: number;
      readonly attribute?: true;
    };

export type IntEncoding = "unsigned" | "signed" | "char" | "bool";
export interface BtfMember {
  /** Empty for an anonymous struct or union. */
  readonly name: string;
  readonly type: TypeId;
  /** From the start of the struct, in bits. */
  readonly bitOffset: number;
  /** Bits of a bit field, else 0. */
  readonly bitSize: number;
}
export interface BtfEnumerator {
  readonly name: string;
  readonly value: bigint;
}
export interface BtfParam {
  readonly name: string;
  readonly type: TypeId;
}
export interface BtfVariable {
  readonly type: TypeId;
  readonly offset: number;
  readonly size: number;
}

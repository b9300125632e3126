/** What a mangled name says, as a tree. Substitutions make it a graph: one node may have many parents. */

export type Node =
  /** A name as it stands: an identifier, a built-in type, "std". */
  | { readonly kind: "text"; readonly text: string }
  /** One of the standard library's own abbreviations; `base` is what its constructors are called. */
  | { readonly kind: "standard"; readonly text: string; readonly base: string }
  | { readonly kind: "nested"; readonly scope: Node; readonly name: Node }
  | { readonly kind: "template"; readonly name: Node; readonly args: readonly Node[] }
  /** "[abi:cxx11]" behind a name. */
  | { readonly kind: "tagged"; readonly name: Node; readonly tag: string }
  | { readonly kind: "structor"; readonly of: Node; readonly tilde: boolean }
  | { readonly kind: "operator"; readonly text: string }
  | { readonly kind: "conversion"; readonly to: Node }
  | { readonly kind: "lambda"; readonly params: readonly Node[]; readonly index: number }
  /** Words in front of a name: "vtable for ". */
  | { readonly kind: "special"; readonly words: string; readonly of: Node }
  | { readonly kind: "between"; readonly first: Node; readonly words: string; readonly second: Node }
  /** Words behind it: " [clone .cold]". */
  | { readonly kind: "suffixed"; readonly of: Node; readonly words: string }
  | { readonly kind: "function"; readonly name: Node; readonly type: FunctionType }
  | FunctionType
  | { readonly kind: "qualified"; readonly type: Node; readonly words: string }
  | { readonly kind: "pointer"; readonly to: Node }
  | { readonly kind: "reference"; readonly to: Node; readonly sign: "&" | "&&" }
  | { readonly kind: "array"; readonly of: Node; readonly size: Node | undefined }
  | { readonly kind: "member"; readonly owner: Node; readonly type: Node }
  | { readonly kind: "vector"; readonly of: Node; readonly size: Node }
  | { readonly kind: "decltype"; readonly of: Node }
  /** Several template arguments in one's place. */
  | { readonly kind: "pack"; readonly items: readonly Node[] }
  /** A pattern that is written once for each item of the packs in it. */
  | { readonly kind: "expansion"; readonly pattern: Node }
  /** A template's parameter, for its argument, which may come later in the name. Only these packs are expanded. */
  | { readonly kind: "parameter"; readonly index: number; readonly scope: TemplateScope }
  | Expression;

export interface FunctionType {
  readonly kind: "function type";
  /** Mangled only for templates and types. */
  readonly result: Node | undefined;
  readonly params: readonly Node[];
  /** " const", " &", " noexcept": what stands behind the parameters. */
  readonly words: string;
}

export interface TemplateScope {
  args: readonly Node[] | undefined;
}

export type Expression =
  | {
      readonly kind: "prefix";
      readonly op: string;
      readonly of: Node;
      readonly parens: "always" | "never" | "as needed";
    }
  | { readonly kind: "postfix"; readonly op: string; readonly of: Node }
  | { readonly kind: "binary"; readonly op: string; readonly left: Node; readonly right: Node }
  | { readonly kind: "conditional"; readonly condition: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: "index"; readonly of: Node; readonly at: Node }
  | { readonly kind: "call"; readonly callee: Node; readonly args: readonly Node[] }
  | { readonly kind: "cast"; readonly to: Node; readonly args: readonly Node[] }
  | { readonly kind: "named cast"; readonly op: string; readonly to: Node; readonly of: Node }
  | { readonly kind: "list"; readonly type: Node | undefined; readonly items: readonly Node[] }
  | {
      readonly kind: "new";
      readonly op: string;
      readonly place: readonly Node[];
      readonly type: Node;
      readonly init: readonly Node[] | undefined;
    }
  | { readonly kind: "fold"; readonly op: string; readonly left: Node | undefined; readonly right: Node | undefined }
  | { readonly kind: "pack size"; readonly of: Node }
  /** With its type in front where the value does not tell it. */
  | { readonly kind: "literal"; readonly type: Node | undefined; readonly value: string }
  | { readonly kind: "argument"; readonly text: string };

export const text = (words: string): Node => ({ kind: "text", text: words });

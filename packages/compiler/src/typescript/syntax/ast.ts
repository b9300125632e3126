/** The syntax tree of a module: ESTree, as acorn types it, and the nodes that TypeScript adds to it. */
import type * as es from "acorn";
import type { SourceSpan, SourceText } from "../../diagnostics/index.ts";

/** Every node knows the text that it stands in. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly sourceFile?: SourceText;
}

/**
 * A node as lowering sees it: the properties of all kinds of nodes at once. Each is there where ESTree
 * gives it to the node's `type`, which is what code asks first.
 */
export interface Tree extends Node {
  readonly name: string;
  readonly operator: string;
  readonly kind: string;
  readonly computed: boolean;
  readonly optional: boolean;
  readonly prefix: boolean;
  readonly method: boolean;
  readonly value: Tree;
  readonly key: Tree & { readonly value?: unknown };
  readonly id: Tree;
  readonly expression: Tree;
  readonly argument: Tree;
  readonly left: Tree;
  readonly right: Tree;
  readonly object: Tree;
  readonly property: Tree;
  readonly callee: Tree;
  readonly test: Tree;
  readonly consequent: Tree;
  readonly alternate: Tree | null;
  readonly discriminant: Tree;
  readonly init: Tree | null;
  readonly update: Tree | null;
  readonly label: Tree | null;
  readonly body: Tree;
  readonly expressions: readonly Tree[];
  readonly arguments: readonly Tree[];
  readonly properties: readonly Tree[];
  readonly elements: readonly (Tree | null)[];
  readonly declarations: readonly Tree[];
  readonly cases: readonly SwitchCase[];
}

export interface SwitchCase extends Node {
  /** Null for `default`. */
  readonly test: Tree | null;
  readonly consequent: readonly Tree[];
}

export type Expression = es.Expression | es.SpreadElement | es.Super | es.PrivateIdentifier | TypeOperation;
export type Statement = es.Statement | es.ModuleDeclaration | TypeDeclaration;
export type Pattern = es.Pattern;
export type FunctionNode = es.FunctionDeclaration | es.FunctionExpression | es.ArrowFunctionExpression;
export type {
  AssignmentExpression,
  BinaryExpression,
  BlockStatement,
  CallExpression,
  ForOfStatement,
  ForStatement,
  Identifier,
  ImportDeclaration,
  Literal,
  MemberExpression,
  ObjectExpression,
  Program,
  TemplateLiteral,
  VariableDeclaration,
} from "acorn";

/** `x as T`, `x satisfies T`, `x!`, `<T>x`: a value and a claim about its type. */
export interface TypeOperation extends es.Node {
  type: "TSAsExpression" | "TSSatisfiesExpression" | "TSNonNullExpression" | "TSTypeAssertion";
  expression: es.Expression;
  typeAnnotation?: TypeNode;
}

export interface TypeDeclaration extends es.Node {
  type: "TSInterfaceDeclaration" | "TSTypeAliasDeclaration" | "TSEnumDeclaration" | "TSModuleDeclaration";
  id: es.Identifier;
  declare?: boolean;
  typeParameters?: es.Node;
  /** Of a type alias. */
  typeAnnotation?: TypeNode;
  /** Of an interface: its members are in `body.body`. */
  body?: { readonly body: readonly TypeMember[] };
  extends?: readonly { readonly expression: es.Identifier }[];
  /** Of an enum. */
  members?: readonly EnumMember[];
}

export interface EnumMember extends es.Node {
  id: es.Identifier | es.Literal;
  initializer?: es.Expression;
}

export interface TypeMember extends es.Node {
  type: "TSPropertySignature" | "TSMethodSignature" | "TSIndexSignature" | "TSCallSignatureDeclaration";
  key: es.Identifier | es.Literal;
  optional?: boolean;
  typeAnnotation?: { readonly typeAnnotation: TypeNode };
}

export type TypeNode =
  | (es.Node & { type: "TSTypeReference"; typeName: Node; typeArguments?: TypeArguments })
  | (es.Node & { type: "TSTypeLiteral"; members: readonly TypeMember[] })
  | (es.Node & { type: "TSArrayType"; elementType: TypeNode })
  | (es.Node & { type: "TSTupleType"; elementTypes: readonly TypeNode[] })
  | (es.Node & { type: "TSUnionType"; types: readonly TypeNode[] })
  | (es.Node & { type: "TSLiteralType"; literal: es.Literal })
  | (es.Node & { type: "TSTypeOperator"; operator: string; typeAnnotation: TypeNode })
  | (es.Node & { type: "TSParenthesizedType"; typeAnnotation: TypeNode })
  | (es.Node & { type: "TSIndexedAccessType"; objectType: TypeNode; indexType: TypeNode })
  | (es.Node & {
      type:
        | "TSBooleanKeyword"
        | "TSNumberKeyword"
        | "TSBigIntKeyword"
        | "TSStringKeyword"
        | "TSVoidKeyword"
        | "TSUndefinedKeyword"
        | "TSNullKeyword"
        | "TSAnyKeyword"
        | "TSUnknownKeyword"
        | "TSFunctionType"
        | "TSTypeQuery";
    });

export interface TypeArguments extends es.Node {
  params: readonly TypeNode[];
}

/** Where a node stands. */
export function spanOf(node: Node): SourceSpan {
  const { start, end, sourceFile } = node;
  return sourceFile === undefined ? { start, end } : { start, end, source: sourceFile };
}

/** What is written behind a name: `name: T`. */
export function annotationOf(node: Node): TypeNode | undefined {
  return (node as { typeAnnotation?: { typeAnnotation: TypeNode } }).typeAnnotation?.typeAnnotation;
}

export function returnTypeOf(node: FunctionNode): TypeNode | undefined {
  return (node as { returnType?: { typeAnnotation: TypeNode } }).returnType?.typeAnnotation;
}

export function typeArgumentsOf(node: Node): readonly TypeNode[] | undefined {
  return (node as { typeArguments?: TypeArguments }).typeArguments?.params;
}

export function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression"
  );
}

/** The nodes right below `node`, in the order of the text; `except` names properties that are left out. */
export function* children(node: Node, except: readonly string[] = []): Iterable<Node> {
  for (const [key, value] of Object.entries(node)) {
    if (key === "sourceFile" || key === "loc" || except.includes(key)) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield item;
    } else if (isNode(value)) yield value;
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** Calls `visit` with `node` and everything below it, outermost first; what `visit` answers false for is not entered. */
export function walk(node: Node, visit: (node: Node) => boolean | void): void {
  if (visit(node) === false) return;
  for (const child of children(node)) walk(child, visit);
}

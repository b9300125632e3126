/**
 * The tree that the parser makes of a script. Nodes are plain and never changed; what the checker
 * finds out about them stands beside the tree, in the {@link import("./types.ts").CheckedProgram}.
 * A span counts UTF-16 code units from the start of the source text.
 */
export interface Span {
  readonly start: number;
  readonly end: number;
}
interface Node {
  readonly span: Span;
}

export interface Script extends Node {
  readonly kind: "script";
  /** C definitions before the first probe, as text for the declaration parser. */
  readonly declarations: readonly CDeclaration[];
  readonly config: readonly ConfigEntry[];
  readonly maps: readonly MapDeclaration[];
  readonly macros: readonly Macro[];
  readonly imports: readonly Import[];
  readonly probes: readonly Probe[];
}

/** A `struct`, `union`, `enum`, or `#define`, kept as text. */
export interface CDeclaration extends Node {
  readonly kind: "cDeclaration";
  readonly text: string;
}
/** `name = value` in a `config = { ... }` block. */
export interface ConfigEntry extends Node {
  readonly kind: "config";
  readonly name: string;
  readonly value: string;
}
/** `let @a = lruhash(100);` */
export interface MapDeclaration extends Node {
  readonly kind: "mapDeclaration";
  readonly name: string;
  readonly type: string;
  readonly maxEntries: number;
}

/** `import "path";` or `#include "path"`. */
export interface Import extends Node {
  readonly kind: "import";
  readonly path: string;
}

/** `macro name($variable, @map, expression) { ... }` */
export interface Macro extends Node {
  readonly kind: "macro";
  readonly name: string;
  readonly nameSpan: Span;
  readonly params: readonly (Variable | MapRef | Identifier)[];
  readonly body: BlockExpr;
}

export interface Probe extends Node {
  readonly kind: "probe";
  readonly points: readonly AttachPoint[];
  readonly filter: Expr | undefined;
  readonly body: Block;
}

/** One attach point as written: `tracepoint:sched:sched_switch`, `k:vfs_*`, `interval:s:1`, `END`. */
export interface AttachPoint extends Node {
  readonly kind: "attachPoint";
  /** The full name after aliases are resolved: "tracepoint" for "t", "begin" for "BEGIN". */
  readonly provider: Provider;
  /** What stood between the colons after the provider. */
  readonly parts: readonly string[];
  /** The text of the whole point. */
  readonly text: string;
}

export type Provider =
  | "begin"
  | "end"
  | "interval"
  | "profile"
  | "tracepoint"
  | "rawtracepoint"
  | "kprobe"
  | "kretprobe"
  | "fentry"
  | "fexit"
  | "uprobe"
  | "uretprobe"
  | "software"
  | "hardware"
  | "usdt"
  | "iter"
  | "watchpoint"
  | "self"
  | "test"
  | "bench";

// Statements

export type Stmt = Block | ExprStmt | Assign | AssignMap | Let | If | Unroll | While | ForRange | ForMap | Jump;
export interface Block extends Node {
  readonly kind: "block";
  readonly body: readonly Stmt[];
}
export interface ExprStmt extends Node {
  readonly kind: "exprStmt";
  readonly expr: Expr;
  /** `_ = expr`: that nobody wants the value has been said. */
  readonly discarded?: true;
}
/** `$x = e`; compound assignments `$x += e` arrive with `op`. */
export interface Assign extends Node {
  readonly kind: "assign";
  readonly variable: Variable;
  readonly op: BinaryOp | undefined;
  readonly value: Expr;
}
/** `@x[k] = e`, `@x[k] += e`. */
export interface AssignMap extends Node {
  readonly kind: "assignMap";
  readonly target: MapRef;
  readonly op: BinaryOp | undefined;
  readonly value: Expr;
}
/** `let $x: type = e;` */
export interface Let extends Node {
  readonly kind: "let";
  readonly variable: Variable;
  readonly type: TypeName | undefined;
  readonly value: Expr | undefined;
}
export interface If extends Node {
  readonly kind: "if";
  readonly condition: Expr;
  readonly then: Block;
  readonly otherwise: Block | If | undefined;
}
export interface Unroll extends Node {
  readonly kind: "unroll";
  readonly count: Expr;
  readonly body: Block;
}
export interface While extends Node {
  readonly kind: "while";
  readonly condition: Expr;
  readonly body: Block;
}
/** `for ($i : a..b) { }` */
export interface ForRange extends Node {
  readonly kind: "forRange";
  readonly variable: Variable;
  readonly from: Expr;
  readonly to: Expr;
  readonly body: Block;
}
/** `for ($kv : @map) { }` */
export interface ForMap extends Node {
  readonly kind: "forMap";
  readonly variable: Variable;
  readonly map: MapRef;
  readonly body: Block;
}
export interface Jump extends Node {
  readonly kind: "jump";
  readonly what: "break" | "continue" | "return";
  readonly value: Expr | undefined;
}

// Expressions

export type Expr =
  | IntLiteral
  | StringLiteral
  | BoolLiteral
  | Identifier
  | Builtin
  | PositionalParam
  | Variable
  | MapRef
  | Call
  | Unary
  | Update
  | Binary
  | Ternary
  | Member
  | Index
  | Cast
  | Sizeof
  | Offsetof
  | Tuple
  | TypeArgument
  | Comptime
  | BlockExpr;

/** `suffix` keeps the unit as written, for types: 1s, 5ms, 10ull. The value has it applied (durations in nanoseconds). */
export interface IntLiteral extends Node {
  readonly kind: "int";
  readonly value: bigint;
  readonly suffix: string;
}
/** Escapes resolved. */
export interface StringLiteral extends Node {
  readonly kind: "string";
  readonly value: string;
}
export interface BoolLiteral extends Node {
  readonly kind: "bool";
  readonly value: boolean;
}
/** A name that is no builtin: an enum's constant, a #define, a call's unquoted argument. */
export interface Identifier extends Node {
  readonly kind: "identifier";
  readonly name: string;
}
/** `pid`, `comm`, `arg0`, `args`, `nsecs` ... */
export interface Builtin extends Node {
  readonly kind: "builtin";
  readonly name: string;
}
/** `$1`, `$#` (index 0). */
export interface PositionalParam extends Node {
  readonly kind: "positional";
  readonly index: number;
}
/** `$x`; the name is without the dollar. */
export interface Variable extends Node {
  readonly kind: "variable";
  readonly name: string;
}
/** `@x` or `@x[a, b]`; the name has its `@`. */
export interface MapRef extends Node {
  readonly kind: "map";
  readonly name: string;
  readonly keys: readonly Expr[];
}
export interface Call extends Node {
  readonly kind: "call";
  readonly name: string;
  readonly nameSpan: Span;
  readonly args: readonly Expr[];
}
export interface Unary extends Node {
  readonly kind: "unary";
  readonly op: "-" | "!" | "~" | "*" | "&";
  readonly operand: Expr;
}
/** ++ and --, on variables and maps. */
export interface Update extends Node {
  readonly kind: "update";
  readonly op: "++" | "--";
  readonly prefix: boolean;
  readonly target: Variable | MapRef;
}
export type BinaryOp =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "&&"
  | "||";
export interface Binary extends Node {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly opSpan: Span;
  readonly left: Expr;
  readonly right: Expr;
}
/** `c ? a : b`; `a ?: b` has no `then`. */
export interface Ternary extends Node {
  readonly kind: "ternary";
  readonly condition: Expr;
  readonly then: Expr | undefined;
  readonly otherwise: Expr;
}
/** `a.b` and `a->b` (arrow); tuples' `.0` have a digit name. */
export interface Member extends Node {
  readonly kind: "member";
  readonly object: Expr;
  readonly name: string;
  readonly nameSpan: Span;
  readonly arrow: boolean;
}
export interface Index extends Node {
  readonly kind: "index";
  readonly object: Expr;
  readonly index: Expr;
}
export interface Cast extends Node {
  readonly kind: "cast";
  readonly type: TypeName;
  readonly operand: Expr;
}
export interface Sizeof extends Node {
  readonly kind: "sizeof";
  readonly of: Expr | TypeName;
}
export interface Offsetof extends Node {
  readonly kind: "offsetof";
  readonly of: Expr | TypeName;
  readonly path: readonly string[];
}
export interface Tuple extends Node {
  readonly kind: "tuple";
  readonly items: readonly Expr[];
  /** Of a record, `(a=1, b=2)`: the names of the items. */
  readonly names?: readonly string[];
}
/** `{ $x = 1; $x + 1 }`: statements, then the value, which only a macro's may lack. */
export interface BlockExpr extends Node {
  readonly kind: "blockExpr";
  readonly body: readonly Stmt[];
  readonly value: Expr | undefined;
}

/** A type that a macro is given: `typeof(pid)`, `struct task_struct`. */
export interface TypeArgument extends Node {
  readonly kind: "typeArgument";
  readonly type: TypeName;
}

/** `comptime e`: known when compiling. As a condition it decides which of two branches there is at all. */
export interface Comptime extends Node {
  readonly kind: "comptime";
  readonly operand: Expr;
}

/** `struct task_struct *`, `uint64`, `string[64]`, `int32[4]`. */
export interface TypeName extends Node {
  readonly kind: "typeName";
  /** "struct", "union", "enum" or none. */
  readonly tag: "struct" | "union" | "enum" | undefined;
  readonly name: string;
  readonly pointers: number;
  /** Array lengths, outermost first; for `string[N]` and `buffer[N]` its size. */
  readonly lengths: readonly number[];
  /** `typeof(expression)` stands in place of a name. */
  readonly of?: Expr;
}

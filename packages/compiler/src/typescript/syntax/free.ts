/** Which names a function takes from outside. */
import { children, isFunction, type FunctionNode, type Node } from "./ast.ts";

/** Names that are used in the function and declared outside of it; those of globals are among them. */
export function freeNames(fn: FunctionNode): ReadonlySet<string> {
  const free = new Set<string>();
  new Search(free).function(fn);
  return free;
}

/** The names that a pattern declares. */
export function* declaredNames(pattern: Node): Iterable<string> {
  switch (pattern.type) {
    case "Identifier":
      yield (pattern as unknown as { name: string }).name;
      return;
    case "AssignmentPattern":
      yield* declaredNames((pattern as unknown as { left: Node }).left);
      return;
    case "Property":
      yield* declaredNames((pattern as unknown as { value: Node }).value);
      return;
    default:
      for (const child of children(pattern, ["typeAnnotation"])) yield* declaredNames(child);
  }
}

class Search {
  readonly #free: Set<string>;
  readonly #scopes: Set<string>[] = [];

  constructor(free: Set<string>) {
    this.#free = free;
  }

  function(fn: FunctionNode): void {
    const names = new Set<string>(fn.params.flatMap((param) => [...declaredNames(param)]));
    if (fn.type === "FunctionExpression" && fn.id) names.add(fn.id.name);
    this.#inside(names, () => {
      for (const param of fn.params) this.#pattern(param);
      this.#visit(fn.body);
    });
  }

  #inside(names: Set<string>, visit: () => void): void {
    this.#scopes.push(names);
    visit();
    this.#scopes.pop();
  }

  #visit(node: Node): void {
    const any = node as unknown as Record<string, Node> & { body: Node[]; computed: boolean; name: string };
    if (isFunction(node)) return this.function(node);
    switch (node.type) {
      case "Identifier":
        if (!this.#scopes.some((scope) => scope.has(any.name))) this.#free.add(any.name);
        return;
      case "MemberExpression":
        this.#visit(any["object"]!);
        if (any.computed) this.#visit(any["property"]!);
        return;
      case "Property":
        if (any.computed) this.#visit(any["key"]!);
        this.#visit(any["value"]!);
        return;
      case "VariableDeclarator":
        this.#pattern(any["id"]!);
        if (any["init"]) this.#visit(any["init"]);
        return;
      case "LabeledStatement":
        return this.#visit(any["body"] as unknown as Node);
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "BlockStatement":
        return this.#inside(declarations(any.body), () => any.body.forEach((child) => this.#visit(child)));
      case "SwitchStatement": {
        const { discriminant, cases } = node as unknown as { discriminant: Node; cases: { consequent: Node[] }[] };
        this.#visit(discriminant);
        return this.#inside(declarations(cases.flatMap(({ consequent }) => consequent)), () =>
          (cases as unknown as Node[]).forEach((child) => this.#children(child)),
        );
      }
      case "ForStatement":
      case "ForOfStatement":
      case "ForInStatement": {
        const head = any["init"] ?? any["left"];
        return this.#inside(declarations(head ? [head] : []), () => this.#children(node));
      }
      case "CatchClause":
        return this.#inside(new Set(any["param"] ? declaredNames(any["param"]) : []), () =>
          this.#visit(any["body"] as unknown as Node),
        );
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
        return this.#visit(any["expression"]!);
      default:
        // Types are none of the function's values.
        if (!node.type.startsWith("TS")) this.#children(node);
    }
  }

  /** Default values and computed keys are used, names are declared. */
  #pattern(pattern: Node): void {
    if (pattern.type === "AssignmentPattern") {
      const { left, right } = pattern as unknown as { left: Node; right: Node };
      this.#pattern(left);
      this.#visit(right);
    } else if (pattern.type === "Property") {
      const { key, value, computed } = pattern as unknown as { key: Node; value: Node; computed: boolean };
      if (computed) this.#visit(key);
      this.#pattern(value);
    } else if (pattern.type !== "Identifier")
      for (const child of children(pattern, ["typeAnnotation"])) this.#pattern(child);
  }

  #children(node: Node): void {
    for (const child of children(node, ["typeAnnotation", "typeArguments", "typeParameters", "returnType"]))
      this.#visit(child);
  }
}

/** What the statements of a block declare in it. */
function declarations(statements: readonly Node[]): Set<string> {
  const names = new Set<string>();
  for (const statement of statements) {
    const { id, declarations: list } = statement as unknown as { id?: Node; declarations?: readonly { id: Node }[] };
    if (statement.type === "VariableDeclaration")
      for (const declarator of list ?? []) for (const name of declaredNames(declarator.id)) names.add(name);
    else if (id && /^(Function|Class|TSEnum)Declaration$/.test(statement.type))
      for (const name of declaredNames(id)) names.add(name);
  }
  return names;
}

/** Expressions: one case for each kind of node. */
import { didYouMean, refuse } from "../../diagnostics/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node, type Tree } from "../syntax/ast.ts";
import { assign, update } from "./assignments.ts";
import { call } from "./calls.ts";
import { chain, choice, logical } from "./choices.ts";
import { hostValue } from "./hosts.ts";
import { has, index, member } from "./members.ts";
import { arithmetic, comparison, isComparison, negate, outcomeValue } from "./operators.ts";
import type { Program } from "./program.ts";
import { constant, UNDEFINED, type Binding, type Value } from "./value.ts";

export function expression(p: Program, node: Node): Value {
  return p.at(node, () => evaluate(p, node as Tree));
}

function evaluate(p: Program, node: Tree): Value {
  switch (node.type) {
    case "Literal":
      return literal(node);
    case "Identifier":
      return identifier(p, node);
    case "TemplateLiteral":
      return template(p, node);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
    case "ParenthesizedExpression":
      return expression(p, node.expression);
    case "TSNonNullExpression": {
      const value = expression(p, node.expression);
      if (value.kind === "maybe" || value.kind === "maybeReference")
        return refuse(
          messages.unsupported,
          spanOf(node),
          "a claim that something is there",
          "test it: if (x === undefined) return;",
        );
      return value;
    }
    case "ObjectExpression":
      return object(p, node);
    case "ArrayExpression": {
      const items = node.elements.map((element) => {
        if (element === null || element.type === "SpreadElement")
          return refuse(
            messages.unsupported,
            spanOf(element ?? node),
            "a list with gaps or spread",
            "write its elements",
          );
        return expression(p, element);
      });
      return { kind: "list", items };
    }
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return { kind: "closure", node: node as never, scope: p.scope };
    case "MemberExpression":
      return node.computed ? index(p, node) : member(p, node);
    case "ChainExpression":
      return chain(p, node.expression);
    case "CallExpression":
      return call(p, node);
    case "AssignmentExpression":
      return assign(p, node, true);
    case "UpdateExpression":
      return update(p, node, true);
    case "UnaryExpression":
      return unary(p, node);
    case "BinaryExpression": {
      const operator = node.operator;
      if (operator === "in") return has(p, node);
      if (operator === "instanceof") return refuse(messages.unsupported, spanOf(node), operator, undefined);
      if (isComparison(operator) && !isAboutNothing(node)) {
        const left = expression(p, node.left);
        return outcomeValue(p, comparison(p, operator, left, expression(p, node.right), node));
      }
      if (isComparison(operator))
        return choice(
          p,
          node,
          node,
          () => constant(true),
          () => constant(false),
        );
      const left = expression(p, node.left);
      return arithmetic(p, operator, left, expression(p, node.right), node);
    }
    case "LogicalExpression":
      return logical(p, node);
    case "ConditionalExpression":
      return choice(
        p,
        node,
        node.test,
        () => expression(p, node.consequent),
        () => expression(p, node.alternate!),
      );
    case "SequenceExpression":
      return node.expressions.reduce<Value>((_, each) => expression(p, each), UNDEFINED);
    default:
      return refuse(messages.unsupported, spanOf(node), nameOf(node.type), INSTEAD[node.type]);
  }
}

const NAMES: Readonly<Record<string, string>> = {
  AwaitExpression: "await",
  YieldExpression: "yield",
  NewExpression: "new",
  ThisExpression: "this",
  Super: "super",
  ClassExpression: "a class",
  TaggedTemplateExpression: "a tagged template",
  ImportExpression: "import()",
  MetaProperty: "import.meta",
  PrivateIdentifier: "a private name",
};
const INSTEAD: Readonly<Record<string, string>> = {
  AwaitExpression: "handlers run from beginning to end; wait by an interval(), or when the data is read",
  NewExpression: "declare maps in the module, and write keys and values as object literals",
  ThisExpression: "use names of the module",
  ClassExpression: "write functions",
};

export function nameOf(type: string): string {
  return (
    NAMES[type] ??
    type
      .replace(/(Expression|Statement|Declaration)$/, "")
      .replace(/([a-z])([A-Z])/g, "$1 $2")
      .toLowerCase()
  );
}

function isAboutNothing(node: Tree): boolean {
  const nothing = (side: { type: string; name?: string; value?: unknown; raw?: string }): boolean =>
    (side.type === "Identifier" && side.name === "undefined") || (side.type === "Literal" && side.raw === "null");
  return nothing(node.left) || nothing(node.right);
}

function literal(node: Tree): Value {
  const { value, raw, bigint, regex } = node as unknown as {
    value: unknown;
    raw: string;
    bigint?: string;
    regex?: unknown;
  };
  if (regex !== undefined)
    return refuse(
      messages.unsupported,
      spanOf(node),
      "a regular expression",
      "compare whole texts, or match where the values are read",
    );
  if (bigint !== undefined || typeof value === "bigint") return constant(BigInt(bigint ?? (value as bigint)));
  if (typeof value === "number") {
    if (!Number.isInteger(value)) return refuse(messages.fraction, spanOf(node), raw);
    if (!Number.isSafeInteger(value)) return refuse(messages.unsafeNumber, spanOf(node), raw);
    return constant(BigInt(value));
  }
  return constant(value as string | boolean | null);
}

function template(p: Program, node: Tree): Value {
  const { quasis, expressions } = node as unknown as {
    quasis: readonly { readonly value: { readonly cooked: string } }[];
    expressions: readonly Node[];
  };
  let text = quasis[0]!.value.cooked;
  for (const [at, each] of expressions.entries()) {
    const value = expression(p, each);
    if (value.kind !== "constant")
      return refuse(
        messages.unsupported,
        spanOf(each),
        "a text made of values",
        "emit the values as fields of their own",
      );
    text += String(value.value) + quasis[at + 1]!.value.cooked;
  }
  return constant(text);
}

/** A name: of a scope, else what the function captured. */
function identifier(p: Program, node: Tree): Value {
  const name = node.name;
  if (name === "undefined") return UNDEFINED;
  const binding = p.scope.find(name);
  if (binding !== undefined) return read(p, binding);
  const { captures } = p.scope.registered;
  const capture = Object.hasOwn(captures, name) ? captures[name] : undefined;
  let value: unknown;
  try {
    value = capture?.();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return refuse(messages.undefinedName, spanOf(node), name, didYouMean(name, p.scope.names()));
  }
  if (capture === undefined)
    return refuse(messages.undefinedName, spanOf(node), name, didYouMean(name, p.scope.names()));
  return hostValue(p, value, name, node);
}

/** What a binding holds here. */
export function read(p: Program, binding: Binding): Value {
  return p.known(binding);
}

function object(p: Program, node: Tree): Value {
  const fields = new Map<string, Value>();
  for (const property of node.properties) {
    if (property.type === "SpreadElement") {
      const spread = expression(p, property.argument);
      if (spread.kind !== "object")
        return refuse(
          messages.unsupported,
          spanOf(property),
          "a spread of what is no object literal",
          "write its fields",
        );
      for (const [name, value] of spread.fields) fields.set(name, value);
      continue;
    }
    const { key, kind, method } = property as unknown as { key: Tree; kind: string; method: boolean };
    if (property.computed || kind !== "init" || method)
      return refuse(
        messages.unsupported,
        spanOf(property),
        "a computed field, a getter or a method",
        "write name: value",
      );
    const name = keyOf(key);
    fields.set(name, expression(p, property.value));
  }
  return { kind: "object", fields };
}

/** The name that a property is written with: a word, a text or a number. */
function keyOf(key: Node): string {
  const { name, value } = key as { name?: string; value?: string | number };
  return name ?? String(value);
}

function unary(p: Program, node: Tree): Value {
  const operator = node.operator;
  switch (operator) {
    case "!":
      return choice(
        p,
        node,
        node.argument,
        () => constant(false),
        () => constant(true),
      );
    case "-":
    case "+":
    case "~":
      return negate(p, operator, expression(p, node.argument), node);
    default:
      return refuse(
        messages.unsupported,
        spanOf(node),
        operator,
        operator === "delete" ? "entries are deleted by map.delete(key)" : undefined,
      );
  }
}

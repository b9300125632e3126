/** Values of the module, as a handler sees them. */
import { refuse } from "../../diagnostics/index.ts";
import {
  GlobalDeclaration,
  MapDeclaration,
  MetricDeclaration,
  ParamDeclaration,
  StreamDeclaration,
  TimerDeclaration,
} from "../authoring/declarations.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { readPlace } from "./places.ts";
import type { Program } from "./program.ts";
import { Scope } from "./scope.ts";
import { constant, UNDEFINED, type Value } from "./value.ts";

/** What the module computed becomes a constant; what it declared, a reference; its functions, code. */
export function hostValue(p: Program, value: unknown, name: string, node: Node): Value {
  switch (typeof value) {
    case "undefined":
      return UNDEFINED;
    case "boolean":
    case "string":
    case "bigint":
      return constant(value);
    case "number":
      if (!Number.isInteger(value)) return refuse(messages.fraction, spanOf(node), `${name} (${value})`);
      if (!Number.isSafeInteger(value)) return refuse(messages.unsafeNumber, spanOf(node), String(value));
      return constant(BigInt(value));
    case "function":
      return functionValue(p, value, name);
    case "object":
      if (value === null) return constant(null);
      if (value instanceof ParamDeclaration) return readVariable(p, value);
      return { kind: "host", value, name };
    default:
      return refuse(messages.wrongHost, spanOf(node), name);
  }
}

function functionValue(p: Program, value: object, name: string): Value {
  const registered = p.object.functionOf(value);
  return registered === undefined
    ? { kind: "host", value, name }
    : { kind: "closure", node: registered.node, scope: new Scope(registered) };
}

/** A parameter or a global, where it lies. */
export function readVariable(p: Program, declaration: ParamDeclaration | GlobalDeclaration): Value {
  const { map, offset, type } = p.object.variable(declaration);
  return readPlace(p, { base: p.builder.mapValue(map, offset), offset: 0, space: "program", trusted: false }, type);
}

/** A value of the module's by its property, at build time. */
export function hostMember(p: Program, host: Value & { kind: "host" }, name: string, node: Node): Value {
  const { value } = host;
  if (value instanceof GlobalDeclaration) {
    if (name === "value") return readVariable(p, value);
    return refuse(messages.noField, spanOf(node), host.name, name, `write ${host.name}.value`);
  }
  if (isDeclared(value))
    return refuse(
      messages.noField,
      spanOf(node),
      host.name,
      name,
      `it can only be called: ${METHODS[value.kind].join(", ")}`,
    );
  if (!(name in value)) {
    if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) return UNDEFINED;
    return refuse(messages.noField, spanOf(node), host.name, name, undefined);
  }
  return hostValue(p, (value as Record<string, unknown>)[name], `${host.name}.${name}`, node);
}

export type Declared = MapDeclaration | MetricDeclaration | StreamDeclaration | TimerDeclaration;

export function isDeclared(value: object): value is Declared {
  return [MapDeclaration, MetricDeclaration, StreamDeclaration, TimerDeclaration].some((type) => value instanceof type);
}

/** What declared things can do. */
export const METHODS: {
  readonly map: readonly string[];
  readonly metric: readonly string[];
  readonly stream: readonly string[];
  readonly timer: readonly string[];
} = {
  map: ["get", "set", "take", "has", "delete", "increment"],
  metric: ["increment", "add", "set", "observe"],
  stream: ["emit"],
  timer: ["start", "cancel"],
};

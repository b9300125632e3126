/** What authors give to declarations, checked. */
import { refuse } from "../../diagnostics/index.ts";
import * as messages from "../messages/declarations.ts";
import type { Registry, Site } from "../prepare/registry.ts";
import { spanOf } from "../syntax/ast.ts";
import { ParamDeclaration } from "./declarations.ts";

/** A part of where a handler is attached. */
export interface Place {
  readonly text: string;
  /** As titles have it: "$device" for what a parameter says. */
  readonly title: string;
  readonly param: ParamDeclaration | undefined;
}

/** A call of one declaring function. */
export class Call {
  readonly name: string;
  readonly site: Site;

  constructor(name: string, registry: Registry) {
    this.name = name;
    if (registry.site === undefined)
      throw new TypeError(`${name}() declares something: call it by its name, as it was imported`);
    this.site = registry.site;
  }

  fail(problem: string, hint?: string): never {
    return refuse(messages.badArgument, spanOf(this.site.node), this.name, problem, hint);
  }

  /** A name as Prometheus has them. */
  metricName(value: unknown): string {
    const name = this.text(value, "the name");
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
      this.fail(`"${name}" is not a name`, "letters, digits and _, not beginning with a digit");
    return name;
  }

  text(value: unknown, what: string): string {
    return typeof value === "string" ? value : this.fail(`${what} must be a string`);
  }

  /** A text, or the parameter that says it when the monitor is loaded. */
  place(value: unknown, what: string): Place {
    const param = value instanceof ParamDeclaration ? value : undefined;
    const text = this.text(param === undefined ? value : param.initial, what);
    if (text === "")
      this.fail(param === undefined ? `${what} is missing` : `${what} is missing: parameter ${param.name} is empty`);
    return { text, title: param === undefined ? text : `$${param.name}`, param };
  }

  /** The object of options; only these names. */
  options(value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
    if (value === undefined) return {};
    if (typeof value !== "object" || value === null) return this.fail("its options are an object");
    for (const name of Object.keys(value))
      if (!known.includes(name)) this.fail(`there is no option ${name}`, `the options are ${known.join(", ")}`);
    return value as Readonly<Record<string, unknown>>;
  }

  integer(value: unknown, what: string, least: number, greatest: number): number {
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > greatest)
      return this.fail(`${what} must be a whole number from ${least} to ${greatest}`);
    return value;
  }
}

/** Those parts of an attach target that parameters say, by the target's field. */
export function placesOf(parts: Readonly<Record<string, Place>>): {
  readonly places?: Readonly<Record<string, ParamDeclaration>>;
} {
  const given = Object.entries(parts).flatMap(([field, { param }]) =>
    param === undefined ? [] : [[field, param] as const],
  );
  return given.length === 0 ? {} : { places: Object.fromEntries(given) };
}

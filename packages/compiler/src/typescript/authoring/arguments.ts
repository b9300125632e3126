/** What authors give to declarations, checked. */
import { refuse } from "../../diagnostics/index.ts";
import * as messages from "../messages/declarations.ts";
import type { Registry, Site } from "../prepare/registry.ts";
import { spanOf } from "../syntax/ast.ts";

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

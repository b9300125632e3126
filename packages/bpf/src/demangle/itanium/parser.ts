/** What reading a C++ name keeps in mind, beside the place where it is. */
import { Reader } from "../reader.ts";
import type { Node, TemplateScope } from "./nodes.ts";

export class Parser extends Reader {
  /** What S_, S0_, ... stand for, in the order in which it was first mentioned. */
  readonly substitutions: Node[] = [];
  /** The template arguments that T_, T0_, ... stand for. */
  scope: TemplateScope = { args: undefined };
  /** In the type of a conversion operator, T_ stands for an argument that is yet to come. */
  inConversion = false;

  /** Makes it something that may be substituted from now on. */
  remember(node: Node): Node {
    this.substitutions.push(node);
    return node;
  }

  /** "_" is the first, "0_" the second: a number in a base, one less than it. */
  sequence(base: 10 | 36): number {
    const digits = this.match(base === 10 ? /\d{1,6}/y : /[0-9A-Z]{1,4}/y);
    this.expect("_");
    return digits === "" ? 0 : Number.parseInt(digits, base) + 1;
  }

  /** Items until an E. */
  untilEnd(read: (parser: this) => Node): Node[] {
    const items: Node[] = [];
    while (!this.accept("E")) items.push(read(this));
    return items;
  }

  override attempt<T>(read: () => T): T | undefined {
    const known = this.substitutions.length;
    const value = super.attempt(read);
    if (value === undefined) this.substitutions.length = known;
    return value;
  }

  /** Reads inside or outside of a conversion operator's type. */
  withConversion<T>(inConversion: boolean, read: () => T): T {
    const outer = this.inConversion;
    this.inConversion = inConversion;
    const value = this.nested(read);
    this.inConversion = outer;
    return value;
  }
}

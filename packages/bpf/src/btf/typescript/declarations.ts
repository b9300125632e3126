/**
 * The kernel's types as a TypeScript module: an interface for each struct and union, an object and a
 * type for each enum, an alias for each typedef, a declaration for each function and variable, and one
 * interface with the arguments of all tracepoints.
 */
import type { Btf, BtfType, TypeId } from "../btf.ts";
import { bounded } from "../c/declarator.ts";
import { reachable } from "../reach.ts";
import { Expressions, literal } from "./expressions.ts";
import { property, TypeScriptNames } from "./names.ts";
import { PRELUDE } from "./prelude.ts";
import { tracepointOf } from "./tracepoints.ts";

/**
 * The roots and all that they reach, through pointers too, as the text of a module that `tsc --strict`
 * accepts. Tracepoints are asked for by their typedefs, `btf_trace_NAME`. Throws BtfError for types
 * that contain themselves.
 */
export function printTypeScript(btf: Btf, roots: Iterable<TypeId>): string {
  const chosen = [...new Set(roots)];
  const tracepoints = chosen.flatMap((id) => tracepointOf(btf, id) ?? []);
  const ids = reachable(btf, chosen).filter((id) => tracepointOf(btf, id) === undefined);
  const names = new TypeScriptNames(btf, ids);
  const writer = new Declarations(btf, names);
  const texts = [PRELUDE, ...ids.map((id) => writer.of(id)).filter((text) => text !== "")];
  if (tracepoints.length > 0) {
    const lines = tracepoints.map(
      ({ name, prototype, parameters }) =>
        `  readonly ${property(name)}: (${writer.expressions(prototype.id).parameters(prototype, parameters)}) => void;\n`,
    );
    texts.push(`/** What a program at a tracepoint is given. */\nexport interface Tracepoints {\n${lines.join("")}}\n`);
  }
  return texts.join("\n");
}

class Declarations {
  readonly #btf: Btf;
  readonly #names: TypeScriptNames;

  constructor(btf: Btf, names: TypeScriptNames) {
    this.#btf = btf;
    this.#names = names;
  }

  /** For the declaration of one type. */
  expressions(id: TypeId): Expressions {
    return new Expressions(bounded(this.#btf, id), this.#names);
  }

  /** Empty for a type without a name, and for one that goes by the name of another. */
  of(id: TypeId): string {
    const type = this.#btf.type(id);
    const name = this.#names.of(id);
    if (name === undefined || this.#names.isBorrowed(id)) return "";
    switch (type.kind) {
      case "struct":
      case "union":
      case "fwd":
        return this.#interface(type, name);
      case "enum":
      case "enum64":
        return enumeration(type, name);
      case "typedef":
        return this.#typedef(type, name);
      case "func": {
        const prototype = this.#btf.type(type.type);
        if (prototype.kind !== "funcProto") return "";
        const parameters = this.expressions(type.id).parameters(prototype);
        return `export declare function ${name}(${parameters}): ${this.expressions(type.id).of(prototype.result)};\n`;
      }
      case "var":
        return `export declare const ${name}: ${this.expressions(type.id).of(type.type)};\n`;
      default:
        return "";
    }
  }

  /** A struct without members, or of which only the name is known, differs from others by its brand alone. */
  #interface(type: Extract<BtfType, { kind: "struct" | "union" | "fwd" }>, name: string): string {
    if (type.kind === "fwd" || type.members.length === 0)
      return `export interface ${name} extends Brand<${JSON.stringify(name)}> {}\n`;
    return `export interface ${name} ${this.expressions(type.id).body(type)}\n`;
  }

  /** A typedef that gives an anonymous type its name is that type. */
  #typedef(type: Extract<BtfType, { kind: "typedef" }>, name: string): string {
    const target = this.#btf.type(type.type);
    switch (target.kind) {
      case "struct":
      case "union":
        if (target.name === "") return this.#interface(target, name);
        break;
      case "enum":
      case "enum64":
        if (target.name === "") return enumeration(target, name);
        break;
    }
    return `export type ${name} = ${this.expressions(type.id).of(type.type)};\n`;
  }
}

function enumeration(type: Extract<BtfType, { kind: "enum" | "enum64" }>, name: string): string {
  if (type.values.length === 0) return `export type ${name} = u32;\n`;
  const lines = type.values.map((entry) => `  ${property(entry.name)}: ${literal(type, entry.value)},\n`);
  return `export const ${name} = {\n${lines.join("")}} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];\n`;
}

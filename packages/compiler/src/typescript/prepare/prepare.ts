/**
 * A module made ready to run in Node.js once, at build time. What is kept beside the running code is
 * what handlers are compiled from later: every function's tree together with a way to read what it
 * captures, and every place where something of `sonde/probe` is called.
 *
 * 1. Types are blanked out in place: lines and, mostly, columns stay true.
 * 2. `f` becomes `$sonde.f(ID, f, { x: () => x })` for each function `f` that captures `x`.
 * 3. `hash<K, V>()` becomes `$sonde.at(ID, hash)()`, so that a declaration knows its place and types.
 * 4. Imports and exports become calls, since functions cannot import: the module runs as one function.
 */
import { refuse, type SourceText } from "../../diagnostics/index.ts";
import * as messages from "../messages/syntax.ts";
import {
  children,
  isFunction,
  spanOf,
  type EnumMember,
  type FunctionNode,
  type Node,
  type Program,
  type TypeDeclaration,
} from "../syntax/ast.ts";
import { declaredNames, freeNames } from "../syntax/free.ts";
import { parseModule } from "../syntax/parse.ts";
import { Edits } from "./edits.ts";

export interface PreparedModule {
  readonly source: SourceText;
  readonly program: Program;
  /** The body of a function that takes `$sonde` and answers a promise. */
  readonly code: string;
  readonly functions: readonly FunctionNode[];
  readonly calls: readonly CallSite[];
  /** Specifiers of all modules that the code or its types come from, in the order of the text. */
  readonly imports: readonly string[];
}

/** A call of a function that was imported from `sonde/probe`. */
export interface CallSite {
  readonly node: Node;
  /** The variable or property that takes the result, if it is plain. */
  readonly name: string | undefined;
}

/** The specifier of the authoring module. */
export const PROBE_MODULE = "sonde/probe";

/** @throws {Refusal} for text that is not TypeScript, or is more of it than the types of a module of JavaScript */
export function prepareModule(source: SourceText): PreparedModule {
  const program = parseModule(source);
  return new Preparation(source, program).run();
}

class Preparation {
  readonly #source: SourceText;
  readonly #program: Program;
  readonly #edits: Edits;
  readonly #functions: FunctionNode[] = [];
  readonly #calls: CallSite[] = [];
  readonly #imports: string[] = [];
  readonly #exports: string[] = [];
  /** Local names of what comes from `sonde/probe`. */
  readonly #probe = new Set<string>();
  #names = 0;

  constructor(source: SourceText, program: Program) {
    this.#source = source;
    this.#program = program;
    this.#edits = new Edits(source.text);
  }

  run(): PreparedModule {
    for (const statement of this.#program.body as unknown as readonly Node[]) {
      if (statement.type === "ImportDeclaration") this.#import(statement as never);
    }
    const before = this.#registrations(this.#program.body);
    for (const statement of this.#program.body as unknown as readonly Node[]) {
      if (statement.type !== "ImportDeclaration") this.#visit(statement, undefined);
    }
    const exports = `$sonde.exports({${this.#exports.join(",")}});`;
    return {
      source: this.#source,
      program: this.#program,
      code: `"use strict";return(async()=>{${exports}${before}${this.#edits.apply()}\n})();`,
      functions: this.#functions,
      calls: this.#calls,
      imports: this.#imports,
    };
  }

  #import(node: {
    readonly start: number;
    readonly end: number;
    readonly importKind?: string;
    readonly source: { readonly value: string };
    readonly specifiers: readonly {
      readonly type: string;
      readonly importKind?: string;
      readonly local: { readonly name: string };
      readonly imported?: { readonly name?: string; readonly value?: string };
    }[];
  }): void {
    const from = node.source.value;
    this.#imports.push(from);
    const values = node.specifiers.filter((each) => each.importKind !== "type");
    if (node.importKind === "type" || (values.length === 0 && node.specifiers.length > 0))
      return this.#edits.blank(node.start, node.end);
    let code = "";
    for (const { type, local, imported } of values) {
      if (from === PROBE_MODULE) this.#probe.add(local.name);
      const module = `await $sonde.import(${JSON.stringify(from)})`;
      if (type === "ImportNamespaceSpecifier") code += `const ${local.name}=${module};`;
      else {
        const name = type === "ImportDefaultSpecifier" ? "default" : (imported?.name ?? imported?.value);
        code += `const{${JSON.stringify(name)}:${local.name}}=${module};`;
      }
    }
    this.#edits.replace(node.start, node.end, code === "" ? `await $sonde.import(${JSON.stringify(from)});` : code);
  }

  /** Function declarations are registered where their block begins, since they can be used from there on. */
  #registrations(statements: readonly Node[]): string {
    let code = "";
    for (const statement of statements) {
      const node = statement.type.startsWith("Export")
        ? (statement as unknown as { declaration?: Node }).declaration
        : statement;
      if (node?.type !== "FunctionDeclaration") continue;
      const { id } = node as unknown as { id: { name: string } | null };
      if (id !== null) code += `${this.#register(node as unknown as FunctionNode, id.name)};`;
    }
    return code;
  }

  #register(fn: FunctionNode, value: string): string {
    const id = this.#functions.push(fn) - 1;
    return `$sonde.f(${id},${value},${captures(fn)})`;
  }

  /** `name`: of the variable that takes the node's value. */
  #visit(node: Node, name: string | undefined): void {
    this.#blankTypes(node);
    const any = node as unknown as Record<string, never>;
    switch (node.type) {
      case "TSInterfaceDeclaration":
      case "TSTypeAliasDeclaration":
      case "TSDeclareFunction":
        return this.#edits.blank(node.start, node.end);
      case "TSModuleDeclaration":
        if (any["declare"] !== true) refuse(messages.notErasable, spanOf(node), "a namespace");
        return this.#edits.blank(node.start, node.end);
      case "TSEnumDeclaration":
        return this.#enum(node as unknown as TypeDeclaration);
      case "TSImportEqualsDeclaration":
      case "TSExportAssignment":
        return refuse(messages.notErasable, spanOf(node), "import = and export =");
      case "TSParameterProperty":
        return refuse(messages.notErasable, spanOf(node), "a property declared by a parameter");
      case "Decorator":
        return refuse(messages.notErasable, spanOf(node), "a decorator");
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression": {
        const { expression, typeAnnotation } = node as unknown as { expression: Node; typeAnnotation?: Node };
        this.#visit(expression, name);
        // What is between the two may be a parenthesis, which stays.
        const operator = { TSAsExpression: "as", TSSatisfiesExpression: "satisfies", TSNonNullExpression: "!" }[
          node.type
        ];
        return this.#edits.blank(this.#source.text.lastIndexOf(operator, typeAnnotation?.start ?? node.end), node.end);
      }
      case "TSTypeAssertion": {
        const { expression, typeAnnotation } = node as unknown as { expression: Node; typeAnnotation: Node };
        this.#edits.blank(node.start, this.#source.text.indexOf(">", typeAnnotation.end) + 1);
        return this.#visit(expression, name);
      }
      case "ExportNamedDeclaration":
      case "ExportDefaultDeclaration":
      case "ExportAllDeclaration":
        return this.#export(node);
      case "VariableDeclaration":
        if (any["declare"] === true) return this.#edits.blank(node.start, node.end);
        break;
      case "VariableDeclarator": {
        const { id, init } = node as unknown as { id: Node & { name?: string }; init: Node | null };
        this.#visit(id, undefined);
        if (init !== null) this.#visit(init, id.name);
        return;
      }
      case "Property": {
        const { key, value, computed, method, kind, shorthand } = node as unknown as {
          key: Node & { name?: string };
          value: Node;
          computed: boolean;
          method: boolean;
          kind: string;
          shorthand: boolean;
        };
        if (computed) this.#visit(key, undefined);
        if (shorthand) return value.type === "AssignmentPattern" ? this.#children(value) : undefined;
        // A method is no expression of its own, so it cannot be registered.
        if (method || kind !== "init") return this.#children(value);
        return this.#visit(value, computed ? undefined : key.name);
      }
      case "BlockStatement":
        this.#edits.insert(node.start + 1, this.#registrations(any["body"] as unknown as Node[]));
        break;
      case "CallExpression":
        return this.#call(node, name);
      case "MethodDefinition": {
        const { value, computed, key } = node as unknown as { value: Node; computed: boolean; key: Node };
        if (computed) this.#visit(key, undefined);
        return this.#children(value);
      }
      default:
    }
    if (node.type !== "FunctionDeclaration" && isFunction(node)) {
      const id = this.#functions.push(node) - 1;
      this.#edits.insert(node.start, `$sonde.f(${id},`);
      this.#children(node);
      this.#edits.insert(node.end, `,${captures(node)})`);
      return;
    }
    this.#children(node);
  }

  #children(node: Node): void {
    for (const child of children(node, [...TYPE_PARTS])) this.#visit(child, undefined);
  }

  #blankTypes(node: Node): void {
    const any = node as unknown as Record<string, Node | undefined> & { optional?: boolean; name?: string };
    if (node.type.startsWith("TS")) return;
    for (const modifier of ["accessibility", "abstract", "override", "declare", "readonly"])
      if (any[modifier] && /^(PropertyDefinition|MethodDefinition|Class)/.test(node.type))
        refuse(messages.notErasable, spanOf(node), `the modifier of a class member`);
    for (const part of TYPE_PARTS) {
      const type = any[part];
      if (type === undefined || type === null) continue;
      if (Array.isArray(type)) continue;
      // The `?` of an optional parameter stands before its type.
      const start =
        node.type === "Identifier" && any.optional === true ? node.start + (any.name?.length ?? 0) : type.start;
      this.#edits.blank(start, type.end);
    }
    if (node.type === "Identifier" && any.optional === true && any["typeAnnotation"] === undefined)
      this.#edits.blank(node.start + (any.name?.length ?? 0), node.end);
  }

  #call(node: Node, name: string | undefined): void {
    const { callee, arguments: args } = node as unknown as { callee: Node & { name?: string }; arguments: Node[] };
    if (callee.type === "Identifier" && this.#probe.has(callee.name ?? "")) {
      const id = this.#calls.push({ node, name }) - 1;
      this.#edits.insert(callee.start, `$sonde.at(${id},`);
      this.#edits.insert(callee.end, ")");
    } else this.#visit(callee, undefined);
    for (const argument of args) this.#visit(argument, undefined);
  }

  #enum(node: TypeDeclaration): void {
    const members = (node.members ?? []).map((member: EnumMember) => {
      const { id, initializer } = member;
      const name = "name" in id ? id.name : String(id.value);
      const value = initializer === undefined ? "" : this.#source.text.slice(initializer.start, initializer.end);
      return `[${JSON.stringify(name)}${value === "" ? "" : `,${value}`}]`;
    });
    this.#edits.replace(node.start, node.end, `const ${node.id.name}=$sonde.enum([${members.join(",")}]);`);
  }

  #export(node: Node): void {
    const { declaration, specifiers, source, exportKind, exported } = node as unknown as {
      declaration?: Node | null;
      specifiers?: readonly { local: { name: string }; exported: { name: string }; exportKind?: string }[];
      source?: { readonly value: string } | null;
      exportKind?: string;
      exported?: { readonly name: string } | null;
    };
    if (source) this.#imports.push(source.value);
    if (exportKind === "type") return this.#edits.blank(node.start, node.end);
    if (node.type === "ExportAllDeclaration") {
      if (exported !== null) refuse(messages.notErasable, spanOf(node), "export * as");
      return this.#edits.replace(node.start, node.end, `await $sonde.reexport(${JSON.stringify(source?.value)});`);
    }
    if (declaration) {
      if (declaration.type.startsWith("TS") && declaration.type !== "TSEnumDeclaration")
        return this.#edits.blank(node.start, node.end);
      const isDefault = node.type === "ExportDefaultDeclaration";
      const names = namesOf(declaration);
      if (isDefault && names.length === 0) {
        this.#edits.replace(node.start, declaration.start, "const $default=");
        this.#exports.push('"default":()=>$default');
      } else this.#edits.blank(node.start, declaration.start);
      for (const each of names) this.#exports.push(`${JSON.stringify(isDefault ? "default" : each)}:()=>${each}`);
      return this.#visit(declaration, undefined);
    }
    let code = "";
    for (const { local, exported: as, exportKind: kind } of specifiers ?? []) {
      if (kind === "type") continue;
      let { name } = local;
      if (source) {
        name = `$export${this.#names++}`;
        code += `const{${JSON.stringify(local.name)}:${name}}=await $sonde.import(${JSON.stringify(source.value)});`;
      }
      this.#exports.push(`${JSON.stringify(as.name)}:()=>${name}`);
    }
    this.#edits.replace(node.start, node.end, code === "" ? ";" : code);
  }
}

const TYPE_PARTS = [
  "typeAnnotation",
  "typeParameters",
  "typeArguments",
  "returnType",
  "superTypeParameters",
  "implements",
] as const;

function namesOf(declaration: Node): string[] {
  if (declaration.type === "VariableDeclaration") {
    const { declarations } = declaration as unknown as { declarations: readonly { id: Node }[] };
    return declarations.flatMap(({ id }) => [...declaredNames(id)]);
  }
  const { id } = declaration as unknown as { id?: { name: string } | null };
  return id && declaration.type.endsWith("Declaration") ? [id.name] : [];
}

function captures(fn: FunctionNode): string {
  const names = [...freeNames(fn)].filter((name) => name !== "arguments");
  return `{${names.map((name) => `${name}:()=>${name}`).join(",")}}`;
}

/** Types as authors write them, found through aliases, interfaces and imports. */
import type { Btf } from "@sonde/bpf/btf";
import { didYouMean, refuse } from "../../diagnostics/index.ts";
import * as messages from "../messages/types.ts";
import { PROBE_MODULE, type PreparedModule } from "../prepare/prepare.ts";
import { spanOf, type Node, type TypeDeclaration, type TypeMember, type TypeNode } from "../syntax/ast.ts";
import { BOOL, int, recordOf, sizeOfType, type IntType, type Type } from "./type.ts";

/** The interface of `sonde/probe` that the kernel's declarations fill with its structs by name. */
const KERNEL_STRUCTS = "KernelStructs";

/** Finds the module behind an import of another one; undefined for modules that are not the monitor's own. */
export type ModuleGraph = (from: PreparedModule, specifier: string) => PreparedModule | undefined;

const BUILTIN: Readonly<Record<string, Type>> = {
  u8: int(1, false),
  u16: int(2, false),
  u32: int(4, false),
  u64: int(8, false),
  s8: int(1, true),
  s16: int(2, true),
  s32: int(4, true),
  s64: int(8, true),
  kernelStack: { kind: "stack", user: false, frames: 127 },
  userStack: { kind: "stack", user: true, frames: 127 },
};
/** Types that take others. */
const GENERIC = ["text", "array", "ptr"];
/** Longer texts and arrays fit no key, value or record. */
const MOST_BYTES = 32768;

export class TypeResolver {
  readonly #btf: () => Btf | undefined;
  readonly #graph: ModuleGraph;

  constructor(graph: ModuleGraph, btf: () => Btf | undefined) {
    this.#graph = graph;
    this.#btf = btf;
  }

  /** The type that `node`, which stands in `module`, means in memory. */
  resolve(node: TypeNode, module: PreparedModule, depth = 0): Type {
    if (depth > 32) refuse(messages.endlessType, spanOf(node));
    switch (node.type) {
      case "TSBooleanKeyword":
        return BOOL;
      case "TSParenthesizedType":
        return this.resolve(node.typeAnnotation, module, depth);
      case "TSTypeOperator":
        return this.resolve(node.typeAnnotation, module, depth);
      case "TSTypeLiteral":
        return this.#record(node.members, module, depth);
      case "TSTypeReference":
        return this.#reference(node, module, depth);
      case "TSIndexedAccessType":
        return this.#struct(node, module);
      case "TSTupleType":
        return recordOf(
          node.elementTypes.map((element, index) => ({
            name: String(index),
            type: this.resolve(element, module, depth + 1),
          })),
        );
      case "TSNumberKeyword":
        return refuse(messages.sizeless, spanOf(node), "number", "u8, u16, u32, u64, s8, s16, s32 or s64");
      case "TSBigIntKeyword":
        return refuse(messages.sizeless, spanOf(node), "bigint", "u64 or s64");
      case "TSStringKeyword":
        return refuse(messages.sizeless, spanOf(node), "string", "text<SIZE>, as in text<16>");
      case "TSArrayType":
        return refuse(messages.sizeless, spanOf(node), "an array type", "array<u32, 4>");
      default:
        return refuse(messages.noType, spanOf(node), this.#text(node, module));
    }
  }

  /** The integer that a type's name stands for, if it is one of the module `sonde/probe`. */
  integer(node: TypeNode, module: PreparedModule): IntType | undefined {
    if (node.type !== "TSTypeReference") return undefined;
    const imported = importOf(module, (node.typeName as { name?: string }).name ?? "");
    const type =
      imported?.from === PROBE_MODULE && Object.hasOwn(BUILTIN, imported.name) ? BUILTIN[imported.name] : undefined;
    return type?.kind === "int" ? type : undefined;
  }

  #text(node: Node, module: PreparedModule): string {
    return module.source.text.slice(node.start, node.end);
  }

  #record(members: readonly TypeMember[], module: PreparedModule, depth: number): Type {
    return recordOf(
      members.map((member) => {
        if (member.type !== "TSPropertySignature" || member.typeAnnotation === undefined)
          return refuse(messages.noType, spanOf(member), this.#text(member, module));
        if (member.optional === true) refuse(messages.optionalField, spanOf(member));
        const { key } = member;
        const name = "name" in key ? key.name : String(key.value);
        return { name, type: this.resolve(member.typeAnnotation.typeAnnotation, module, depth + 1) };
      }),
    );
  }

  #reference(node: TypeNode & { type: "TSTypeReference" }, module: PreparedModule, depth: number): Type {
    const name = (node.typeName as { name?: string }).name;
    if (name === undefined) return refuse(messages.noType, spanOf(node), this.#text(node, module));
    const given = node.typeArguments?.params ?? [];
    const declared = declarationOf(module, name);
    if (declared !== undefined) return this.#declared(declared, node, module, depth);
    const imported = importOf(module, name);
    if (imported?.from === PROBE_MODULE || imported === undefined) {
      const known = imported?.name ?? name;
      const builtin = Object.hasOwn(BUILTIN, known) ? BUILTIN[known] : undefined;
      if (builtin !== undefined && imported !== undefined) return builtin;
      if (imported !== undefined && GENERIC.includes(known)) return this.#generic(known, given, node, module, depth);
      const hint = didYouMean(name, [...Object.keys(BUILTIN), ...GENERIC]);
      if (builtin !== undefined || GENERIC.includes(known)) return refuse(messages.notImported, spanOf(node), name);
      return refuse(messages.unknownType, spanOf(node), name, hint);
    }
    const found = this.#exported(module, imported.from, imported.name, 0);
    if (found === undefined)
      return refuse(messages.unknownType, spanOf(node), name, `it is imported from ${imported.from}`);
    return this.#declared(found.declaration, node, found.module, depth);
  }

  /** The type that the module behind a specifier exports: its own, or one that it hands on. */
  #exported(
    from: PreparedModule,
    specifier: string,
    name: string,
    depth: number,
  ): { readonly declaration: TypeDeclaration; readonly module: PreparedModule } | undefined {
    const module = depth > 16 ? undefined : this.#graph(from, specifier);
    const declaration = module && declarationOf(module, name);
    if (module === undefined || declaration !== undefined) return declaration && module && { declaration, module };
    for (const statement of module.program.body) {
      if (statement.type === "ExportAllDeclaration") {
        const found = this.#exported(module, String(statement.source.value), name, depth + 1);
        if (found !== undefined) return found;
      }
      if (statement.type !== "ExportNamedDeclaration" || !statement.source) continue;
      for (const each of statement.specifiers) {
        if (!("name" in each.exported) || each.exported.name !== name || !("name" in each.local)) continue;
        return this.#exported(module, String(statement.source.value), each.local.name, depth + 1);
      }
    }
    return undefined;
  }

  #declared(declaration: TypeDeclaration, use: Node, module: PreparedModule, depth: number): Type {
    if (declaration.typeParameters) refuse(messages.genericType, spanOf(use), declaration.id.name);
    switch (declaration.type) {
      case "TSTypeAliasDeclaration":
        return this.resolve(declaration.typeAnnotation!, module, depth + 1);
      case "TSInterfaceDeclaration": {
        const inherited = (declaration.extends ?? []).flatMap(({ expression }) => {
          const parent = declarationOf(module, expression.name);
          return parent?.body?.body ?? refuse(messages.unknownType, spanOf(expression), expression.name, undefined);
        });
        return this.#record([...inherited, ...(declaration.body?.body ?? [])], module, depth);
      }
      default:
        // Enums are u32, as C has them.
        return int(4, false);
    }
  }

  #generic(name: string, given: readonly TypeNode[], node: Node, module: PreparedModule, depth: number): Type {
    const [first, second] = given;
    if (name === "ptr") return { kind: "pointer", to: 0, user: false, followed: false };
    const sizeNode = name === "text" ? first : second;
    const size = sizeNode === undefined ? undefined : this.#number(sizeNode, module);
    if (size === undefined || size < 1 || size > MOST_BYTES || !Number.isInteger(size))
      return refuse(messages.badSize, spanOf(sizeNode ?? node), name, MOST_BYTES);
    if (name === "text") return { kind: "text", size };
    const element = this.resolve(first!, module, depth + 1);
    return { kind: "array", element, length: size, size: size * sizeOfType(element) };
  }

  #number(node: TypeNode, module: PreparedModule): number | undefined {
    if (node.type === "TSLiteralType") return typeof node.literal.value === "number" ? node.literal.value : undefined;
    if (node.type !== "TSTypeReference") return undefined;
    const alias = declarationOf(module, (node.typeName as { name?: string }).name ?? "");
    return alias?.typeAnnotation === undefined ? undefined : this.#number(alias.typeAnnotation, module);
  }

  /** `KernelStructs["tcp_sock"]`: where memory is laid out, a struct of the kernel's stands for its address. */
  #struct(node: TypeNode & { type: "TSIndexedAccessType" }, module: PreparedModule): Type {
    const { objectType, indexType } = node;
    const from = objectType.type === "TSTypeReference" ? (objectType.typeName as { name?: string }).name : undefined;
    const imported = from === undefined ? undefined : importOf(module, from);
    if (imported?.from !== PROBE_MODULE || imported.name !== KERNEL_STRUCTS || indexType.type !== "TSLiteralType")
      return refuse(messages.noType, spanOf(node), this.#text(node, module));
    const name = String(indexType.literal.value);
    const btf = this.#btf();
    const id = btf && (btf.find(name, "struct")[0] ?? btf.find(name, "union")[0]);
    if (id !== undefined) return { kind: "pointer", to: id, user: false, followed: false };
    return refuse(messages.unknownType, spanOf(indexType), name, "this kernel has no such struct");
  }
}

/** The type or enum that a module declares under this name. */
function declarationOf(module: PreparedModule, name: string): TypeDeclaration | undefined {
  for (const statement of module.program.body as unknown as readonly (Node & { declaration?: Node | null })[]) {
    const node = (statement.declaration ?? statement) as unknown as TypeDeclaration;
    if (/^TS(TypeAlias|Interface|Enum)Declaration$/.test(node.type) && node.id.name === name) return node;
  }
  return undefined;
}

function importOf(module: PreparedModule, local: string): { readonly from: string; readonly name: string } | undefined {
  for (const statement of module.program.body) {
    if (statement.type !== "ImportDeclaration") continue;
    for (const specifier of statement.specifiers) {
      if (specifier.local.name !== local) continue;
      const imported = specifier.type === "ImportSpecifier" ? specifier.imported : undefined;
      const name = imported && ("name" in imported ? imported.name : String(imported.value));
      return { from: String(statement.source.value), name: name ?? local };
    }
  }
  return undefined;
}

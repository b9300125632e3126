/** Lists of the module's that handlers look up by a number known only when the event comes: constants in `.rodata`. */
import type { MapSpec } from "@sonde/bpf/spec";
import { refuse } from "../../diagnostics/index.ts";
import { CONSTANTS } from "../../lowering/helpers.ts";
import type { ObjectTypes } from "../../lowering/object-types.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { dataTypeOf } from "../types/data-type.ts";
import { BOOL, int, isScalar, sizeOfType, type IntType, type Type } from "../types/type.ts";
import { encode } from "./data-section.ts";
import { readPlace } from "./places.ts";
import type { Program } from "./program.ts";
import { scalarOf } from "./scalar.ts";
import type { Value } from "./value.ts";

const SECTION = ".rodata";
const MOST_ELEMENTS = 65_536;

interface Table {
  readonly name: string;
  readonly element: Type;
  readonly length: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The section, one for all programs; a list that several look up stands there once. */
export class ConstantTables {
  readonly #tables = new Map<object, Table>();
  #size = 0;

  /** Undefined if its elements are not all of one kind: numbers, texts or booleans. */
  table(list: readonly unknown[], name: string): Table | undefined {
    const known = this.#tables.get(list);
    if (known !== undefined) return known;
    const element = list.length > MOST_ELEMENTS ? undefined : elementType(list);
    if (element === undefined) return undefined;
    const size = sizeOfType(element);
    const bytes = new Uint8Array(list.length * size);
    list.forEach((item, index) => bytes.set(encode(item, element)!, index * size));
    const offset = Math.ceil(this.#size / 8) * 8;
    this.#size = offset + bytes.length;
    const plain = `${name.replace(/\W+/g, "_")}_${this.#tables.size}`;
    const table = { name: plain, element, length: list.length, offset, bytes };
    this.#tables.set(list, table);
    return table;
  }

  map(types: ObjectTypes): MapSpec | undefined {
    if (this.#size === 0) return undefined;
    const data = new Uint8Array(this.#size);
    const variables = [...this.#tables.values()].map(({ name, element, length, offset, bytes }) => {
      data.set(bytes, offset);
      const type = { kind: "array", element: dataTypeOf(element, () => ""), length, size: bytes.length } as const;
      return { name, offset, type };
    });
    return {
      name: SECTION,
      type: "array",
      keySize: 4,
      valueSize: this.#size,
      maxEntries: 1,
      flags: CONSTANTS,
      keyTypeId: 0,
      valueTypeId: types.section(SECTION, variables, this.#size),
      data,
    };
  }
}

/** The narrowest type that holds all of them. */
function elementType(list: readonly unknown[]): Type | undefined {
  if (list.length === 0) return undefined;
  if (list.every((item) => typeof item === "boolean")) return BOOL;
  if (list.every((item): item is string => typeof item === "string")) {
    const longest = Math.max(...list.map((item) => new TextEncoder().encode(item).length));
    return { kind: "text", size: longest + 1 };
  }
  const candidates = [1, 2, 4, 8].flatMap((size) =>
    [false, true].map((signed) => int(size as IntType["size"], signed)),
  );
  return candidates.find((type) => list.every((item) => encode(item, type) !== undefined));
}

/** `LIST[index]`: nothing beyond its end, as in JavaScript. */
export function tableElement(p: Program, list: Value & { kind: "host" }, at: Value, node: Node): Value {
  const table = p.object.tables.table(list.value as readonly unknown[], list.name);
  if (table === undefined) return refuse(messages.notConstant, spanOf(node), "the index of a list of such values");
  const { builder } = p;
  const { inst } = scalarOf(p, at, node);
  const [index, present] = [builder.variable("index"), builder.variable("present")];
  builder.write(index, inst);
  builder.write(present, p.constant(1));
  p.when(
    { kind: "uge", a: inst, b: p.constant(table.length) },
    () => {
      builder.write(index, p.constant(0));
      builder.write(present, p.constant(0));
    },
    undefined,
    false,
  );
  const distance = builder.binary("mul", builder.read(index), p.constant(sizeOfType(table.element)));
  const base = builder.binary("add", builder.mapValue(SECTION, table.offset), distance);
  const value = readPlace(p, { base, offset: 0, space: "program", trusted: false }, table.element);
  if (!isScalar(table.element) && value.kind !== "memory") throw new Error("a text lies in memory");
  return { kind: "maybe", present: builder.read(present), value: value as Value & { kind: "scalar" | "memory" } };
}

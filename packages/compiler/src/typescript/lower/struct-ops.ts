/** Structs of functions that the kernel asks: their members by BTF, and the map that holds one. */
import { findMember, memberNames, resolve, type Btf, type TypeId } from "@sonde/bpf/btf";
import type { MapReference, MapSpec } from "@sonde/bpf/spec";
import { didYouMean, refuse } from "../../diagnostics/index.ts";
import { BY_LINK } from "../../lowering/helpers.ts";
import type { StructOpsDeclaration } from "../authoring/declarations.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { dataTypeOf } from "../types/data-type.ts";
import { fromBtf } from "../types/from-btf.ts";
import { prototype, type Prototype } from "../types/prototypes.ts";
import { alignOfType, sizeOfType, typeText, type Type } from "../types/type.ts";
import { encode } from "./data-section.ts";
import type { MonitorObject } from "./object.ts";

/** The verifier takes a socket that such functions get for this more special one. */
const PROMOTED: Readonly<Record<string, readonly [from: string, to: string]>> = {
  tcp_congestion_ops: ["sock", "tcp_sock"],
};
const POINTER_BYTES = 8;

/** What the kernel hands to the function `member`, and what it wants to be answered. */
export function memberPrototype(btf: Btf, struct: string, member: string, node: Node): Prototype {
  const type = btf.type(memberType(btf, struct, member, node));
  const found = type.kind === "ptr" ? prototype(btf, type.type) : undefined;
  if (found === undefined) return refuse(messages.notAFunctionOf, spanOf(node), struct, member);
  const [from, to] = PROMOTED[struct] ?? [];
  const special = to === undefined ? undefined : btf.find(to, "struct")[0];
  if (special === undefined) return found;
  const params = found.params.map((param) => {
    if (param.type?.kind !== "pointer") return param;
    const target = resolve(btf, param.type.to);
    return "name" in target && target.name === from ? { ...param, type: { ...param.type, to: special } } : param;
  });
  return { ...found, params };
}

function memberType(btf: Btf, struct: string, member: string, node: Node): TypeId {
  const id = btf.find(struct, "struct")[0];
  if (id === undefined || btf.find(`bpf_struct_ops_${struct}`, "struct").length === 0) {
    const known = [...btf.names("struct")].filter((name) => name.startsWith("bpf_struct_ops_"));
    const names = known
      .map((name) => name.slice("bpf_struct_ops_".length))
      .filter((name) => btf.find(name, "struct")[0]);
    return refuse(messages.unknownKernel, spanOf(node), "struct of functions", struct, didYouMean(struct, names));
  }
  const found = findMember(btf, id, member);
  if (found !== undefined) return resolve(btf, found.type).id;
  return refuse(messages.noField, spanOf(node), struct, member, didYouMean(member, memberNames(btf, id)));
}

/** The struct's map: members as they are written, found again by their names; `programs` by their titles. */
export function structOpsMap(
  object: MonitorObject,
  declaration: StructOpsDeclaration,
  programs: ReadonlyMap<string, string>,
): MapSpec {
  const btf = object.target.btf!;
  const { builder } = object.types;
  const { name, struct, members, site } = declaration;
  const references: MapReference[] = [];
  const content: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  let size = 0;
  const fields = Object.entries(members).map(([member, value]) => {
    const isFunction = typeof value === "function";
    const type = isFunction ? undefined : dataMember(btf, struct, member, site.node);
    const align = type === undefined ? POINTER_BYTES : alignOfType(type);
    const at = Math.ceil(size / align) * align;
    size = at + (type === undefined ? POINTER_BYTES : sizeOfType(type));
    if (type === undefined) {
      references.push({ kind: "program", name: programs.get(declaration.titleOf(member))!, at });
      return { name: member, type: builder.ptr(builder.funcProto(0, [])), bitOffset: at * 8 };
    }
    const bytes = encode(value, type);
    if (bytes === undefined)
      refuse(messages.mismatch, spanOf(site.node), `${member}: ${String(value)}`, typeText(type));
    content.push({ at, bytes });
    return { name: member, type: object.types.data(dataTypeOf(type, () => "")), bitOffset: at * 8 };
  });
  const data = new Uint8Array(Math.ceil(size / POINTER_BYTES) * POINTER_BYTES);
  for (const { at, bytes } of content) data.set(bytes, at);
  return {
    name,
    type: "struct_ops",
    keySize: 4,
    valueSize: data.length,
    maxEntries: 1,
    flags: BY_LINK,
    keyTypeId: 0,
    valueTypeId: builder.struct(struct, data.length, fields),
    data,
    references,
  };
}

function dataMember(btf: Btf, struct: string, member: string, node: Node): Type {
  const type = fromBtf(btf, memberType(btf, struct, member, node));
  return type?.kind === "text" || type?.kind === "int" || type?.kind === "bool"
    ? type
    : refuse(messages.wrongHost, spanOf(node), `the member ${member}`);
}

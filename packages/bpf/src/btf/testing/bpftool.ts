/** BTF as bpftool (Debian's package) reads it, in a form to compare with ours. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BtfType } from "../btf.ts";

/** One type as bpftool's JSON has it; the fields differ by kind, values of enums are made text. */
export interface Dumped {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly type_id?: number;
  readonly ret_type_id?: number;
  readonly index_type_id?: number;
  readonly nr_elems?: number;
  readonly linkage?: string;
  readonly encoding?: string;
  readonly nr_bits?: number;
  readonly bits_offset?: number;
  readonly fwd_kind?: string;
  readonly component_idx?: number;
  readonly members?: readonly { name: string; type_id: number; bits_offset: number; bitfield_size?: number }[];
  readonly values?: readonly { name: string; val: string }[];
  readonly params?: readonly { name: string; type_id: number }[];
  readonly vars?: readonly { type_id: number; offset: number; size: number }[];
}

/** bpftool's JSON for a file: raw BTF or an object; `base` is the file that split BTF continues. */
export function dumpText(file: string, base?: string): string {
  const words = ["-j", ...(base === undefined ? [] : ["-B", base]), "btf", "dump", "file", file];
  return execFileSync("bpftool", words, { maxBuffer: 1 << 28, encoding: "utf8" });
}

/** The same for a blob. */
export function dumpBlobText(blob: Uint8Array, base?: string): string {
  return inTemporary((folder) => {
    const file = path.join(folder, "btf");
    writeFileSync(file, blob);
    return dumpText(file, base);
  });
}

export function parseDump(text: string): readonly Dumped[] {
  return (JSON.parse(text.replace(/"val":(-?\d+)/g, '"val":"$1"')) as { types: readonly Dumped[] }).types;
}

/** A folder that is gone after `work`. */
export function inTemporary<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-btf-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All of a type as one line, alike for {@link theirs}. bpftool writes "(anon)" for no name. */
export function ours(type: BtfType): string {
  return JSON.stringify([
    type.id,
    kindWord(type.kind),
    "name" in type && type.name !== "" ? type.name : "(anon)",
    ...ourDetails(type),
  ]);
}

export function theirs(type: Dumped): string {
  return JSON.stringify([type.id, type.kind, type.name ?? "(anon)", ...theirDetails(type)]);
}

function ourDetails(type: BtfType): readonly unknown[] {
  switch (type.kind) {
    case "int":
      return [
        type.size,
        type.bitOffset,
        type.bits,
        type.encoding === "unsigned" ? "(none)" : type.encoding.toUpperCase(),
      ];
    case "struct":
    case "union":
      return [
        type.size,
        type.members.map(({ name, type: id, bitOffset, bitSize }) => [name || "(anon)", id, bitOffset, bitSize]),
      ];
    case "enum":
    case "enum64":
      return [
        type.size,
        type.signed ? "SIGNED" : "UNSIGNED",
        type.values.map(({ name, value }) => [name, String(value)]),
      ];
    case "funcProto":
      return [type.result, type.params.map((param) => [param.name || "(anon)", param.type])];
    case "array":
      return [type.type, type.index, type.length];
    case "fwd":
      return [type.union ? "union" : "struct"];
    case "func":
    case "var":
      return [type.type, type.linkage];
    case "datasec":
      return [type.size, type.variables.map((variable) => [variable.type, variable.offset, variable.size])];
    case "declTag":
      return [type.type, type.component];
    case "float":
      return [type.size];
    case "void":
      return [];
    default:
      return [type.type];
  }
}

function theirDetails(type: Dumped): readonly unknown[] {
  switch (type.kind) {
    case "INT":
      return [type.size, type.bits_offset, type.nr_bits, type.encoding];
    case "STRUCT":
    case "UNION":
      return [
        type.size,
        type.members!.map((member) => [member.name, member.type_id, member.bits_offset, member.bitfield_size ?? 0]),
      ];
    case "ENUM":
    case "ENUM64":
      return [type.size, type.encoding, type.values!.map(({ name, val }) => [name, enumerator(type, val)])];
    case "FUNC_PROTO":
      return [type.ret_type_id, type.params!.map((param) => [param.name, param.type_id])];
    case "ARRAY":
      return [type.type_id, type.index_type_id, type.nr_elems];
    case "FWD":
      return [type.fwd_kind];
    case "FUNC":
      return [type.type_id, type.linkage];
    // For variables bpftool has a word of its own.
    case "VAR":
      return [type.type_id, type.linkage === "global-alloc" ? "global" : type.linkage];
    case "DATASEC":
      return [type.size, type.vars!.map((variable) => [variable.type_id, variable.offset, variable.size])];
    case "DECL_TAG":
      return [type.type_id, type.component_idx];
    case "FLOAT":
      return [type.size];
    default:
      return [type.type_id];
  }
}

/** bpftool 7.1 writes unsigned values above 2^31 as if they were negative ones of 64 bits. */
function enumerator({ kind, encoding }: Dumped, value: string): string {
  return kind === "ENUM" && encoding === "UNSIGNED" ? String(BigInt.asUintN(32, BigInt(value))) : value;
}

/** bpftool's words for our kinds: FUNC_PROTO, DECL_TAG, PTR. */
export function kindWord(kind: string): string {
  return kind.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

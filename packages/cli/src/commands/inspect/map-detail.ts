/** `sonde inspect map ID`: a map's attributes and what is in it. */
import type { Kernel } from "@sonde/kernel/sys";
import { type Contents, type Entry, readContents } from "./contents.ts";
import { type Fact, factLines } from "./facts.ts";
import { bytes, holdersText, printable } from "./format.ts";
import type { MapView, Snapshot } from "./model.ts";
import type { Types } from "./types.ts";
import { compact, valueLines } from "./value-text.ts";

export interface MapDetail extends MapView {
  /** As C declares them; absent without BTF. */
  readonly keyType?: string;
  readonly valueType?: string;
  readonly contents: Contents;
}

/** With at most `limit` entries. Undefined when it is gone meanwhile. */
export function mapDetail(kernel: Kernel, map: MapView, types: Types, limit: number): MapDetail | undefined {
  const contents = readContents(kernel, map, types.open(map.btfId), limit);
  if (contents === undefined) return undefined;
  const keyType = types.declare(map.btfId, map.keyTypeId);
  const valueType = types.declare(map.btfId, map.valueTypeId);
  return { ...map, ...(keyType !== undefined && { keyType }), ...(valueType !== undefined && { valueType }), contents };
}

export function mapDetailLines(map: MapDetail, snapshot: Snapshot, width: number): readonly string[] {
  const { contents } = map;
  const left = contents.total - contents.entries.length;
  return [
    ...factLines(`map ${map.id} ${printable(map.name)}`, facts(map, snapshot), width),
    ...(contents.entries.length > 0 ? [""] : []),
    ...contents.entries.flatMap((entry) => entryLines(entry, width)),
    ...(left > 0 ? [`... and ${left} more: --limit 0 shows all`] : []),
  ];
}

function facts(map: MapDetail, { programs }: Snapshot): readonly Fact[] {
  const users = map.programIds.map((id) =>
    `${id} ${printable(programs.find((program) => program.id === id)?.name ?? "")}`.trimEnd(),
  );
  const { contents } = map;
  const listed = contents.unreadable ?? `${contents.total}`;
  return [
    { name: "type", value: map.type },
    { name: "key", value: typed(map.keySize, map.keyType) },
    { name: "value", value: typed(map.valueSize, map.valueType) },
    { name: "entries", value: contents.unreadable === undefined ? `${listed} of at most ${map.maxEntries}` : listed },
    { name: "memory", value: map.memoryBytes === undefined ? "-" : bytes(map.memoryBytes) },
    { name: "flags", value: flagText(map) },
    { name: "used by", value: users.length === 0 ? "-" : `program ${users.join(", ")}` },
    { name: "held by", value: holdersText(map) },
    { name: "btf", value: map.btfId === 0 ? "-" : String(map.btfId) },
  ];
}

function typed(size: number, type: string | undefined): string {
  const sized = `${size} byte${size === 1 ? "" : "s"}`;
  return type === undefined ? sized : `${sized}, ${printable(type).replace(/\s+/g, " ")}`;
}

function flagText({ flags, frozen }: MapView): string {
  const names = flagNames();
  const set = names.flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
  const known = names.reduce((all, [, bit]) => all | bit, 0);
  const rest = (flags & ~known) >>> 0;
  return [...set, ...(rest === 0 ? [] : [`0x${rest.toString(16)}`]), ...(frozen ? ["frozen"] : [])].join(", ") || "-";
}

/** BPF_F_* without their prefix. */
function flagNames(): readonly (readonly [name: string, bit: number])[] {
  return [
    ["NO_PREALLOC", 0x1],
    ["NO_COMMON_LRU", 0x2],
    ["NUMA_NODE", 0x4],
    ["RDONLY", 0x8],
    ["WRONLY", 0x10],
    ["STACK_BUILD_ID", 0x20],
    ["ZERO_SEED", 0x40],
    ["RDONLY_PROG", 0x80],
    ["WRONLY_PROG", 0x100],
    ["CLONE", 0x200],
    ["MMAPABLE", 0x400],
    ["PRESERVE_ELEMS", 0x800],
    ["INNER_MAP", 0x1000],
    ["LINK", 0x2000],
  ];
}

function entryLines({ key, value, values }: Entry, width: number): readonly string[] {
  const keyText = valueLines(key, width, 0, "");
  const last = keyText.at(-1)!;
  const above = keyText.slice(0, -1);
  if (values === undefined) return [...above, ...behind(`${last}: `, value, width, "")];
  const whole = `${last}: ${values.map((own) => `cpu ${own.cpu}: ${compact(own.value)}`).join(", ")}`;
  if (whole.length <= Math.min(width, LONG)) return [...above, whole];
  return [...above, `${last}:`, ...values.flatMap((own) => behind(`  cpu ${own.cpu}: `, own.value, width, "  "))];
}

/** Values of all CPUs stand on one line to this many characters, even where there is more room. */
const LONG = 100;

function behind(head: string, value: unknown, width: number, indent: string): readonly string[] {
  const [first = "", ...rest] = valueLines(value, width, head.length, indent);
  return [head + first, ...rest];
}

/** Tables of programs, maps and links. */
import { type Column, tableLines } from "./columns.ts";
import { bytes, costCells, holdersText, plural, printable } from "./format.ts";
import type { BtfView, LinkView, MapView, ProgramView, Snapshot } from "./model.ts";

/** Everything: programs (the most expensive first), maps, links. Lines without their ends. */
export function overviewLines(snapshot: Snapshot, width: number): readonly string[] {
  const { programs, maps, links } = snapshot;
  const tables = [programLines(programs, width), mapLines(maps, width), linkLines(links, width)].filter(
    (lines) => lines.length > 0,
  );
  return [summary(snapshot), ...tables.flatMap((lines) => ["", ...lines])];
}

function summary({ programs, maps, links }: Snapshot): string {
  const memory = maps.reduce((total, { memoryBytes }) => total + (memoryBytes ?? 0), 0);
  const held = maps.length === 0 ? "" : ` (${bytes(memory)})`;
  return `${plural(programs.length, "program")}, ${plural(maps.length, "map")}${held}, ${plural(links.length, "link")}`;
}

const PROGRAM_COLUMNS: readonly Column[] = [
  { title: "program", right: true },
  { title: "type", least: 10 },
  { title: "name", least: 14 },
  { title: "events/s", right: true },
  { title: "ns/event", right: true },
  { title: "cpu", right: true },
  { title: "held by", least: 12 },
];

export function programLines(programs: readonly ProgramView[], width: number): readonly string[] {
  if (programs.length === 0) return [];
  const rows = byCost(programs).map((program) => [
    String(program.id),
    program.type,
    printable(program.name),
    ...costCells(program.cost),
    holdersText(program),
  ]);
  return tableLines(PROGRAM_COLUMNS, rows, width);
}

/** The most expensive first; those that cost the same in the order of their ids. */
function byCost(programs: readonly ProgramView[]): readonly ProgramView[] {
  return [...programs].sort((a, b) => (b.cost?.cpu ?? 0) - (a.cost?.cpu ?? 0) || a.id - b.id);
}

const MAP_COLUMNS: readonly Column[] = [
  { title: "map", right: true },
  { title: "type", least: 10 },
  { title: "name", least: 10 },
  { title: "key", right: true },
  { title: "value", right: true },
  { title: "room", right: true },
  { title: "memory", right: true },
  { title: "held by", least: 12 },
];

export function mapLines(maps: readonly MapView[], width: number): readonly string[] {
  if (maps.length === 0) return [];
  const rows = maps.map((map) => [
    String(map.id),
    map.type,
    printable(map.name),
    String(map.keySize),
    String(map.valueSize),
    String(map.maxEntries),
    map.memoryBytes === undefined ? "-" : bytes(map.memoryBytes),
    mapHolders(map),
  ]);
  return tableLines(MAP_COLUMNS, rows, width);
}

/** A map without a descriptor or pin lives by the programs that use it. */
function mapHolders(map: MapView): string {
  const text = holdersText(map);
  return text === "-" && map.programIds.length > 0 ? `program ${map.programIds.join(", ")}` : text;
}

const LINK_COLUMNS: readonly Column[] = [
  { title: "link", right: true },
  { title: "kind", least: 8 },
  { title: "program", least: 14 },
  { title: "attached to", least: 16 },
  { title: "held by", least: 12 },
];

export function linkLines(links: readonly LinkView[], width: number): readonly string[] {
  if (links.length === 0) return [];
  const rows = links.map((link) => [
    String(link.id),
    link.kind,
    link.programId === 0 ? "-" : `${link.programId} ${printable(link.programName)}`,
    link.attachedTo === "" ? "-" : printable(link.attachedTo),
    holdersText(link),
  ]);
  return tableLines(LINK_COLUMNS, rows, width);
}

const BTF_COLUMNS: readonly Column[] = [
  { title: "btf", right: true },
  { title: "name", least: 10 },
  { title: "size", right: true },
  { title: "programs", least: 8 },
  { title: "maps", least: 8 },
  { title: "held by", least: 12 },
];

export function btfLines(objects: readonly BtfView[], width: number): readonly string[] {
  if (objects.length === 0) return [];
  const ids = (numbers: readonly number[]): string => (numbers.length === 0 ? "-" : numbers.join(","));
  const rows = objects.map((btf) => [
    String(btf.id),
    btf.name === "" ? "-" : printable(btf.name),
    bytes(btf.bytes),
    ids(btf.programIds),
    ids(btf.mapIds),
    btf.ofKernel ? "the kernel" : holdersText({ processes: btf.processes, pins: [] }),
  ]);
  return tableLines(BTF_COLUMNS, rows, width);
}

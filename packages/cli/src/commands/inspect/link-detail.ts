/** `sonde inspect link ID` and `sonde inspect btf ID`. */
import { definition } from "@sonde/bpf/btf";
import { factLines } from "./facts.ts";
import { bytes, costCells, holdersText, printable } from "./format.ts";
import type { BtfView, LinkView, Snapshot } from "./model.ts";
import type { Types } from "./types.ts";

export function linkDetailLines(link: LinkView, { programs }: Snapshot, width: number): readonly string[] {
  const program = programs.find(({ id }) => id === link.programId);
  const [events, nanoseconds, cpu] = costCells(program?.cost);
  const cost =
    nanoseconds === "-"
      ? []
      : [
          {
            name: "cost",
            value: `${events} events a second, ${nanoseconds} ns each, ${cpu} of a CPU, at all its links`,
          },
        ];
  return factLines(
    `link ${link.id}`,
    [
      { name: "kind", value: link.kind },
      { name: "attached to", value: link.attachedTo === "" ? "-" : printable(link.attachedTo) },
      {
        name: "program",
        value: program === undefined ? "-" : `${program.id} ${printable(program.name)} (${program.type})`,
      },
      { name: "held by", value: holdersText(link) },
      ...cost,
    ],
    width,
  );
}

export interface BtfDetail extends BtfView {
  /** As C writes them, one for each named type, function and variable. */
  readonly definitions: readonly string[];
}

/** The kernel's own types have some 130,000: they are counted, not printed. */
export function btfDetail(btf: BtfView, types: Types): BtfDetail {
  const reader = btf.ofKernel ? undefined : types.open(btf.id);
  const definitions: string[] = [];
  for (let id = 1; reader !== undefined && id < reader.size; id++) {
    const type = reader.type(id);
    if ("name" in type && type.name !== "" && DEFINED.has(type.kind)) definitions.push(definition(reader, id));
  }
  return { ...btf, definitions };
}

const DEFINED: ReadonlySet<string> = new Set(["struct", "union", "enum", "enum64", "typedef", "func", "var"]);

export function btfDetailLines(btf: BtfDetail, width: number): readonly string[] {
  const lines = factLines(
    `btf ${btf.id} ${printable(btf.name)}`.trimEnd(),
    [
      { name: "size", value: bytes(btf.bytes) },
      { name: "programs", value: btf.programIds.join(", ") || "-" },
      { name: "maps", value: btf.mapIds.join(", ") || "-" },
      { name: "held by", value: btf.ofKernel ? "the kernel" : holdersText({ processes: btf.processes, pins: [] }) },
    ],
    width,
  );
  const definitions = btf.definitions.flatMap((text) => text.split("\n").map(printableLine));
  return definitions.length === 0 ? lines : [...lines, "", ...definitions];
}

function printableLine(line: string): string {
  return printable(line.replaceAll("\t", "    "));
}

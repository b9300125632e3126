/** `sonde inspect prog ID`: everything about one program, its instructions included. */
import { programCode } from "@sonde/kernel/objects";
import { type Kernel, objectById } from "@sonde/kernel/sys";
import { cut } from "./columns.ts";
import { factLines } from "./facts.ts";
import { bytes, costCells, count, holdersText, moment, plural, printable } from "./format.ts";
import { helperNames } from "./helper-names.ts";
import { excerpt, lineTotals, type ListedInstruction, listing, type SourceLine } from "./listing.ts";
import type { ProgramView, Snapshot } from "./model.ts";
import type { Types } from "./types.ts";

export interface ProgramDetail extends ProgramView {
  /** Empty where the kernel does not show them (no CAP_BPF, hardened JIT). */
  readonly instructions: readonly ListedInstruction[];
}

/** Undefined when it is gone meanwhile. */
export function programDetail(
  kernel: Kernel,
  program: ProgramView,
  snapshot: Snapshot,
  types: Types,
): ProgramDetail | undefined {
  using fd = objectById(kernel, "program", program.id);
  if (fd === undefined) return undefined;
  const code = programCode(kernel, fd.fd, `program ${program.id}`);
  const helper = helperNames();
  const instructions = listing(code, types.open(program.btfId), {
    map: (id) => snapshot.maps.find((map) => map.id === id)?.name,
    helper,
    kernelFunction: (typeId) => types.nameOf(types.vmlinux, typeId),
  });
  return { ...program, instructions };
}

export function programDetailLines(program: ProgramDetail, snapshot: Snapshot, width: number): readonly string[] {
  const { instructions } = program;
  const totals = lineTotals(instructions);
  return [
    ...factLines(`program ${program.id} ${printable(program.name)}`, facts(program, snapshot), width),
    ...(totals.length > 0 ? ["", ...sourceTable(totals, width)] : []),
    ...(instructions.length > 0 ? [""] : []),
    ...codeLines(instructions, width),
  ];
}

function facts(program: ProgramView, { maps }: Snapshot): readonly { readonly name: string; readonly value: string }[] {
  const used = program.mapIds.map((id) =>
    `${id} ${printable(maps.find((map) => map.id === id)?.name ?? "")}`.trimEnd(),
  );
  return [
    {
      name: "type",
      value: `${program.type}${program.target === undefined ? "" : ` for ${printable(program.target)}`}`,
    },
    { name: "tag", value: program.tag },
    { name: "attached to", value: program.attachedTo.map(printable).join(", ") || "-" },
    { name: "held by", value: holdersText(program) },
    {
      name: "loaded",
      value: `${moment(program.loadedAt)} by uid ${program.uid}${program.gplCompatible ? "" : ", not GPL-compatible"}`,
    },
    ...(program.cost === undefined ? [] : [{ name: "cost", value: costText(program) }]),
    { name: "in all", value: totalText(program) },
    { name: "size", value: sizeText(program) },
    { name: "maps", value: used.join(", ") || "-" },
    { name: "btf", value: program.btfId === 0 ? "-" : String(program.btfId) },
  ];
}

function costText({ cost }: ProgramView): string {
  const [events, nanoseconds, cpu] = costCells(cost);
  return nanoseconds === "-" ? "did not run" : `${events} events a second, ${nanoseconds} ns each, ${cpu} of a CPU`;
}

/** The kernel counts only while somebody has statistics on. */
function totalText({ runs, nanoseconds, recursionMisses }: ProgramView): string {
  if (runs === 0n) return "no runs counted (they are only while statistics are on)";
  const mean = (Number(nanoseconds) / Number(runs)).toFixed(0);
  const missed = recursionMisses === 0n ? "" : `, ${recursionMisses} left out since it ran already`;
  return `${count(Number(runs))} runs counted, ${mean} ns each${missed}`;
}

function sizeText({ translatedBytes, jitedBytes, verifiedInstructions }: ProgramView): string {
  const jited = jitedBytes === 0 ? "interpreted" : `${bytes(jitedBytes)} of machine code`;
  const verified = verifiedInstructions === 0 ? "" : `, ${count(verifiedInstructions)} verified`;
  return `${plural(translatedBytes / 8, "instruction")}, ${jited}${verified}`;
}

/** What each source line became. */
function sourceTable(lines: readonly SourceLine[], width: number): readonly string[] {
  const rows = lines.map((source) => {
    const size = source.jitedBytes === undefined ? "-" : String(source.jitedBytes);
    return cut(`${size.padStart(6)}  ${String(source.instructions).padStart(6)}  ${sourceText(source)}`, width);
  });
  return [`${"bytes".padStart(6)}  ${"insns".padStart(6)}  source`, ...rows];
}

/** Compilers give a line anew for each of its parts: it is shown once for those that follow each other. */
function codeLines(instructions: readonly ListedInstruction[], width: number): readonly string[] {
  const lines: string[] = [];
  let shown = "";
  for (const { slot, text, function: name, source } of instructions) {
    if (name !== undefined) lines.push(`${printable(name)}:`);
    const line = source === undefined ? shown : sourceText(source);
    if (line !== shown) lines.push(cut(`; ${line}`, width));
    shown = line;
    lines.push(`${String(slot).padStart(5)}: ${printable(text)}`);
  }
  return lines;
}

function sourceText(source: SourceLine): string {
  const { file, line } = source;
  const place = file === "" ? "" : `${printable(file.slice(file.lastIndexOf("/") + 1))}:${line}: `;
  return `${place}${printable(excerpt(source))}`;
}

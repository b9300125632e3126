/** An object as text, the same for the same object: what golden tests compare and people read. */
import { disassemble } from "../asm/disassemble.ts";
import { BtfReader } from "../btf/reader.ts";
import { declaration } from "../btf/print.ts";
import type { AttachTarget, MapSpec, ObjectSpec, ProgramSpec } from "./spec.ts";

/** Maps, then programs with their disassembly, then the manifest as JSON. */
export function describe(spec: ObjectSpec): string {
  const btf = spec.btf.length > 0 ? new BtfReader(spec.btf) : undefined;
  const manifest = JSON.stringify(spec.manifest, undefined, 2);
  return [
    `object ${spec.name} license ${spec.license}\n`,
    ...spec.maps.map((map) => describeMap(map, btf)),
    ...spec.programs.map(describeProgram),
    `manifest ${manifest}\n`,
  ].join("\n");
}

function describeMap(map: MapSpec, btf: BtfReader | undefined): string {
  const typed = (size: number, id: number): string =>
    id === 0 || btf === undefined ? `${size}` : `${size} (${declaration(btf, id)})`;
  const flags = map.flags === 0 ? "" : ` flags 0x${map.flags.toString(16)}`;
  const data = map.data === undefined ? "" : `  data ${hex(map.data)}\n`;
  return `map ${map.name}: ${map.type} key ${typed(map.keySize, map.keyTypeId)} value ${typed(map.valueSize, map.valueTypeId)} max ${map.maxEntries}${flags}\n${data}`;
}

function describeProgram(program: ProgramSpec): string {
  const attach = program.attach.map((target) => `  attach ${describeTarget(target)}\n`).join("");
  return `program ${program.name}: ${program.type}  ; ${program.title}\n${attach}${disassemble(program.instructions)}`;
}

/** "tracepoint category=sched name=sched_switch": the kind, then what is set, in a fixed order. */
function describeTarget(target: AttachTarget): string {
  const { kind, ...rest } = target;
  const settings = Object.entries(rest)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ` ${name}=${typeof value === "object" ? JSON.stringify(value) : value}`);
  return kind + settings.join("");
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Objects written in TypeScript: maps as data, programs as assembly text or built instructions. */
import { assemble, type Instruction } from "@sonde/bpf/asm";
import { sectionMeaning } from "@sonde/bpf/elf";
import type { MapSpec, ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";

/** What is left out is as for a map of u32 keys and u64 values with one entry. */
export type MapDefinition = Pick<MapSpec, "type"> & Partial<Omit<MapSpec, "name">>;

export interface ProgramDefinition extends Partial<Pick<ProgramSpec, "attach" | "attachType" | "flags" | "autoload" | "functions">> {
  /** What it is and where it attaches, by libbpf's section names: "tracepoint/sched/sched_switch", "xdp", "socket". */
  readonly section: string;
  /** Text for `assemble`, or instructions. Maps are named by `map[NAME] ll` or `loadMap`. */
  readonly code: string | readonly Instruction[];
}

export interface ObjectDefinition {
  /** "object" unless given. */
  readonly name?: string;
  /** "GPL" unless given. */
  readonly license?: string;
  readonly maps?: Readonly<Record<string, MapDefinition>>;
  readonly programs?: Readonly<Record<string, ProgramDefinition>>;
  /** The types that `keyTypeId`, `valueTypeId` and `functions` are of, see BtfBuilder. */
  readonly btf?: Uint8Array;
}

/**
 * An object without a compiler.
 *
 *     const object = defineObject({
 *       maps: { runs: { type: "array" } },
 *       programs: { on_exec: { section: "tracepoint/sched/sched_process_exec", code: "r0 = 0\nexit" } },
 *     });
 *
 * @throws {AssemblyError} with line and column; TypeError for a section that libbpf has no name for
 */
export function defineObject({ name = "object", license = "GPL", maps = {}, programs = {}, btf = new Uint8Array() }: ObjectDefinition): ObjectSpec {
  return {
    name,
    license,
    maps: Object.entries(maps).map(([map, definition]) => defineMap(map, definition)),
    programs: Object.entries(programs).map(([program, definition]) => defineProgram(program, definition)),
    btf,
    manifest: { maps: [], events: [], config: { printMapsOnExit: false, stackMode: "bpftrace" } },
  };
}

function defineMap(name: string, definition: MapDefinition): MapSpec {
  return { keySize: 4, valueSize: 8, maxEntries: 1, flags: 0, keyTypeId: 0, valueTypeId: 0, ...definition, name };
}

function defineProgram(name: string, { section, code, functions = new Map(), ...changes }: ProgramDefinition): ProgramSpec {
  const meaning = sectionMeaning(section);
  if (meaning === undefined) throw new TypeError(`program '${name}': libbpf has no section '${section}'`);
  const instructions = typeof code === "string" ? assemble(code) : code;
  return { ...meaning, title: section, section, autoload: !section.startsWith("?"), ...changes, name, instructions, functions };
}

/** Objects written in TypeScript: maps as data, programs as assembly text or built instructions. */
import { assemble, type Instruction, withLabel } from "@sonde/bpf/asm";
import { BtfBuilder } from "@sonde/bpf/btf";
import { sectionMeaning } from "@sonde/bpf/elf";
import type { MapSpec, ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";

/** What is left out is as for a map of u32 keys and u64 values with one entry. */
export type MapDefinition = Pick<MapSpec, "type"> & Partial<Omit<MapSpec, "name">>;

export interface ProgramDefinition extends Partial<
  Pick<ProgramSpec, "attach" | "attachType" | "flags" | "autoload" | "functions">
> {
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
  /** The types that `keyTypeId`, `valueTypeId` and `functions` are of, see BtfBuilder; if absent it is made of the functions. */
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
export function defineObject({
  name = "object",
  license = "GPL",
  maps = {},
  programs = {},
  btf,
}: ObjectDefinition): ObjectSpec {
  const specs = Object.entries(programs).map(([program, definition]) => defineProgram(program, definition));
  const typed = btf === undefined ? withFunctions(specs) : { btf, programs: specs };
  return {
    name,
    license,
    maps: Object.entries(maps).map(([map, definition]) => defineMap(map, definition)),
    ...typed,
    manifest: { maps: [], events: [], config: { printMapsOnExit: false, stackMode: "bpftrace" } },
  };
}

function defineMap(name: string, definition: MapDefinition): MapSpec {
  return { keySize: 4, valueSize: 8, maxEntries: 1, flags: 0, keyTypeId: 0, valueTypeId: 0, ...definition, name };
}

function defineProgram(
  name: string,
  { section, code, functions = new Map(), ...changes }: ProgramDefinition,
): ProgramSpec {
  const meaning = sectionMeaning(section);
  if (meaning === undefined) throw new TypeError(`program '${name}': libbpf has no section '${section}'`);
  const instructions = typeof code === "string" ? assemble(code) : code;
  return {
    ...meaning,
    title: section,
    section,
    autoload: !section.startsWith("?"),
    ...changes,
    name,
    instructions,
    functions,
  };
}

/** Names for the functions of all programs: `int NAME(void *ctx)`, as if they were C. */
function withFunctions(programs: readonly ProgramSpec[]): Pick<ObjectSpec, "btf" | "programs"> {
  const builder = new BtfBuilder();
  const prototype = builder.funcProto(builder.int("int", 4, "signed"), [{ name: "ctx", type: builder.ptr(0) }]);
  const named = programs.map((program): ProgramSpec => {
    const [first, ...rest] = program.instructions;
    // A label of its own, which jumps may name, must stay.
    if (first === undefined || (first.label ?? program.name) !== program.name) return program;
    const functions = new Map([[program.name, builder.func(program.name, prototype, "global")]]);
    for (const { ref } of program.instructions) {
      if ((ref?.kind === "call" || ref?.kind === "func") && !functions.has(ref.label))
        functions.set(ref.label, builder.func(ref.label, prototype, "static"));
    }
    return { ...program, instructions: [withLabel(first, program.name), ...rest], functions };
  });
  return { btf: builder.encode(), programs: named };
}

/** Small objects for tests, made by hand. */
import { exit, mov64Imm, withLabel, withSource } from "@sonde/bpf/asm";
import type { Instruction } from "@sonde/bpf/asm";
import { BtfBuilder } from "@sonde/bpf/btf";
import type { AttachTarget, MapSpec, MapType, ObjectSpec, ProgramSpec, ProgramType } from "@sonde/bpf/spec";

export const FILE = "test.bt";

export interface TestProgram {
  readonly name?: string;
  readonly type?: ProgramType;
  readonly attach?: readonly AttachTarget[];
  readonly instructions?: readonly Instruction[];
}

/** An object with BTF for its programs; instruction n of each comes from line n + 1 of {@link FILE}, "line n + 1;". */
export function testObject(
  programs: readonly TestProgram[],
  maps: readonly MapSpec[] = [],
  builder: BtfBuilder = new BtfBuilder(),
): ObjectSpec {
  const int = builder.int("int", 4, "signed");
  const context = builder.ptr(0);
  const prototype = builder.funcProto(int, [{ name: "ctx", type: context }]);
  return {
    name: "test",
    license: "GPL",
    programs: programs.map((program) => testProgram(program, (name) => builder.func(name, prototype, "global"))),
    maps,
    btf: builder.encode(),
    manifest: { maps: [], events: [], config: { printMapsOnExit: true, stackMode: "bpftrace" } },
  };
}

function testProgram(program: TestProgram, func: (name: string) => number): ProgramSpec {
  const { name = "main", type = "raw_tracepoint", attach = [], instructions = [mov64Imm(0, 0), exit()] } = program;
  const lines = instructions.map((instruction, index) =>
    instruction.source !== undefined
      ? instruction
      : withSource(instruction, { file: FILE, line: index + 1, column: 1, text: `line ${index + 1};` }),
  );
  return {
    name,
    type,
    attach,
    title: `test:${name}`,
    instructions: lines.map((instruction, index) => (index === 0 ? withLabel(instruction, name) : instruction)),
    functions: new Map([[name, func(name)]]),
  };
}

export function testMap(name: string, type: MapType, changes: Partial<MapSpec> = {}): MapSpec {
  return { name, type, keySize: 4, valueSize: 8, maxEntries: 16, flags: 0, keyTypeId: 0, valueTypeId: 0, ...changes };
}

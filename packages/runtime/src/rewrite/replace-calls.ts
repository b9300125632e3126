/** Objects with some of their helper calls replaced by calls of a function that is put into the program. */
import { callSubprogram, type Instruction } from "@sonde/bpf/asm";
import { BtfReader, encodeTypes, type BtfType } from "@sonde/bpf/btf";
import type { ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";

export interface Replacement {
  /** The function's name, and the label that its code begins with. */
  readonly name: string;
  /** Names of the arguments that the calls pass, as u64 each; it answers a u64. */
  readonly params: readonly string[];
  readonly code: readonly Instruction[];
  /** Whether a call of a helper is one of those to be replaced. */
  readonly replaces: (instructions: readonly Instruction[], index: number) => boolean;
}

/** The object itself where nothing is to be replaced. */
export function replaceCalls(spec: ObjectSpec, replacement: Replacement): ObjectSpec {
  const found = spec.programs.map(({ instructions }) =>
    instructions.map((_, i) => replacement.replaces(instructions, i)),
  );
  if (!found.some((calls) => calls.includes(true))) return spec;
  const { btf, id } = withFunctionType(spec.btf, replacement);
  const programs = spec.programs.map((program, i) =>
    found[i]!.includes(true) ? replaced(program, found[i]!, replacement, id) : program,
  );
  return { ...spec, btf, programs };
}

/** Whether an instruction calls the helper of this number. */
export function callsHelper({ opcode, src, imm }: Instruction, id: number): boolean {
  return opcode === CALL && src === 0 && imm === id;
}

const CALL = 0x85;

function replaced(
  program: ProgramSpec,
  calls: readonly boolean[],
  { name, code }: Replacement,
  type: number,
): ProgramSpec {
  const instructions = program.instructions.map((each, i): Instruction => {
    if (calls[i] !== true) return each;
    const { label, source } = each;
    return { ...callSubprogram(name), ...(label !== undefined && { label }), ...(source && { source }) };
  });
  const functions = program.functions.size === 0 ? program.functions : new Map([...program.functions, [name, type]]);
  return { ...program, instructions: [...instructions, ...code], functions };
}

/** The object's types with that of the function, which the kernel wants for all of a program's functions or none. */
function withFunctionType(
  blob: Uint8Array,
  { name, params }: Replacement,
): { readonly btf: Uint8Array; readonly id: number } {
  if (blob.length === 0) return { btf: blob, id: 0 };
  const reader = new BtfReader(blob);
  const types: BtfType[] = [];
  for (let id = 1; id < reader.size; id++) types.push(reader.type(id));
  const u64 = reader.size;
  types.push(
    { kind: "int", id: u64, name: "u64", size: 8, bits: 64, bitOffset: 0, encoding: "unsigned" },
    { kind: "funcProto", id: u64 + 1, result: u64, params: params.map((each) => ({ name: each, type: u64 })) },
    { kind: "func", id: u64 + 2, name, type: u64 + 1, linkage: "static" },
  );
  return { btf: encodeTypes(types), id: u64 + 2 };
}

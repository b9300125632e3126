/**
 * The `.BTF.ext` section of an ELF object: func info, line info and CO-RE relocations of every
 * program section. Three subsections, each a record size, then for each ELF section its name, the
 * number of records and the records; positions are in bytes of the ELF section.
 */
import type { Layout } from "../asm/layout.ts";
import { BTF_MAGIC, BTF_VERSION } from "./format.ts";
import {
  encodeFuncInfo,
  encodeLineInfo,
  FUNC_INFO_BYTES,
  funcInfo,
  LINE_INFO_BYTES,
  lineInfo,
  littleEndian,
  sourceTexts,
} from "./program-info.ts";

export interface ExtSection {
  /** The ELF section's name: "tracepoint/sched/sched_switch". */
  readonly name: string;
  readonly program: Layout;
  /** BTF function ids by label. */
  readonly functions: ReadonlyMap<string, number>;
}

const CORE_RELOCATION_BYTES = 16;
const EXT_HEADER_BYTES = 32;

/** Every string that the section refers to: for {@link addStrings}. */
export function* extStrings(sections: readonly ExtSection[]): Iterable<string> {
  for (const { name, program } of sections) {
    yield name;
    yield* sourceTexts(program.instructions);
    for (const { ref } of program.instructions) {
      if (ref?.kind === "core") yield ref.relocation.access;
    }
  }
}

/** `stringOffset` gives the place of a text in the `.BTF` section beside it. */
export function encodeExt(sections: readonly ExtSection[], stringOffset: (text: string) => number): Uint8Array {
  const functions = subsection(sections, FUNC_INFO_BYTES, stringOffset, ({ program, functions: ids }) =>
    encodeFuncInfo(funcInfo(program, ids), 8),
  );
  const lines = subsection(sections, LINE_INFO_BYTES, stringOffset, ({ program, functions: ids }) =>
    encodeLineInfo(lineInfo(program, funcInfo(program, ids), stringOffset), 8),
  );
  const relocations = subsection(sections, CORE_RELOCATION_BYTES, stringOffset, ({ program }) =>
    encodeRelocations(program, stringOffset),
  );
  const lengths = [functions.length, lines.length, relocations.length] as const;
  const header = littleEndian([
    BTF_MAGIC | (BTF_VERSION << 16),
    EXT_HEADER_BYTES,
    0,
    lengths[0],
    lengths[0],
    lengths[1],
    lengths[0] + lengths[1],
    lengths[2],
  ]);
  return concat([header, functions, lines, relocations]);
}

function subsection(
  sections: readonly ExtSection[],
  recordBytes: number,
  stringOffset: (text: string) => number,
  records: (section: ExtSection) => Uint8Array,
): Uint8Array {
  const parts = sections
    .map((section) => ({ name: section.name, bytes: records(section) }))
    .filter(({ bytes }) => bytes.length > 0);
  if (parts.length === 0) return new Uint8Array(0);
  const framed = parts.flatMap(({ name, bytes }) => [
    littleEndian([stringOffset(name), bytes.length / recordBytes]),
    bytes,
  ]);
  return concat([littleEndian([recordBytes]), ...framed]);
}

function encodeRelocations(program: Layout, stringOffset: (text: string) => number): Uint8Array {
  return littleEndian(
    program.instructions.flatMap(({ ref }, index) => {
      if (ref?.kind !== "core") return [];
      const { typeId, access, kind } = ref.relocation;
      return [program.slots[index]! * 8, typeId, stringOffset(access), kind];
    }),
  );
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

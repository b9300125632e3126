/**
 * The `.BTF.ext` section: what it says of a code section's instructions. Three subsections (func info,
 * line info, CO-RE relocations), each a record size, then for each ELF section its name, the number of
 * records and the records, which may be longer than what is known of them here.
 */
import { SLOT_BYTES } from "../../asm/encode.ts";
import { CoreKind } from "../../asm/instruction.ts";
import type { SourcePosition } from "../../asm/instruction.ts";
import type { Btf } from "../../btf/btf.ts";
import { BTF_MAGIC } from "../../btf/format.ts";
import { readSections } from "../../btf/header.ts";
import { ElfError } from "../errors.ts";
import { SectionName } from "../format.ts";
import type { ElfFile } from "./file.ts";
import type { CodeSection } from "./functions.ts";
import { StringTable } from "./strings.ts";
import type { ObjectTypes } from "./types.ts";

const SECTION = SectionName.BTF_EXT;
const FUNC_INFO_BYTES = 8;
const LINE_INFO_BYTES = 16;
const CORE_BYTES = 16;

/** Puts function types, sources and CO-RE references on the code. */
export function readExt(file: ElfFile, codes: readonly CodeSection[], { blob, btf }: ObjectTypes): void {
  const section = file.sections.find(({ name }) => name === SECTION);
  if (section === undefined) return;
  const { bytes } = section;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 24) throw new ElfError(`${bytes.length} bytes have no room for a header`, { section: SECTION });
  if (view.getUint16(0, true) !== BTF_MAGIC)
    throw new ElfError("does not start with BTF's magic number", { section: SECTION, offset: 0 });
  const headerBytes = view.getUint32(4, true);
  if (headerBytes < 24 || headerBytes > bytes.length)
    throw new ElfError(`a header of ${headerBytes} bytes`, { section: SECTION, offset: 4 });
  const text = new StringTable(SectionName.BTF, readSections(blob).strings, bytes.length / 4);
  const byName = new Map(codes.map((code): [string, CodeSection] => [code.section.name, code]));
  const open = (field: number, recordBytes: number): Subsection => {
    const start = headerBytes + view.getUint32(field, true);
    const end = start + view.getUint32(field + 4, true);
    if (end > bytes.length)
      throw new ElfError(`a part up to 0x${end.toString(16)} lies beyond the section's ${bytes.length} bytes`, {
        section: SECTION,
        offset: field,
      });
    return { view, start, end, recordBytes, text, byName };
  };
  readFunctions(open(8, FUNC_INFO_BYTES), btf);
  readLines(open(16, LINE_INFO_BYTES));
  // Headers from before CO-RE end here.
  if (headerBytes >= 32) readRelocations(open(24, CORE_BYTES));
}

interface Subsection {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  /** Bytes of a record that are understood; there may be more of them. */
  readonly recordBytes: number;
  readonly text: StringTable;
  readonly byName: ReadonlyMap<string, CodeSection>;
}

/** `at`: bytes into `.BTF.ext`. */
type RecordReader = (code: CodeSection, at: number) => void;

/** Those for sections that the object has. There are thousands, so that an object for each would be felt. */
function eachRecord({ view, start, end, recordBytes, text, byName }: Subsection, read: RecordReader): void {
  if (start === end) return;
  if (end - start < 4)
    throw new ElfError("a part is too short for its record size", { section: SECTION, offset: start });
  const size = view.getUint32(start, true);
  if (size < recordBytes || size % 4 !== 0)
    throw new ElfError(`records of ${size} bytes instead of ${recordBytes} or more`, {
      section: SECTION,
      offset: start,
    });
  for (let at = start + 4; at < end;) {
    if (at + 8 > end) throw new ElfError("a part ends amid the name of a section", { section: SECTION, offset: at });
    const code = byName.get(text.at(view.getUint32(at, true)));
    const count = view.getUint32(at + 4, true);
    const first = at + 8;
    if (first + count * size > end)
      throw new ElfError(`${count} records of ${size} bytes do not fit their part`, { section: SECTION, offset: at });
    if (code !== undefined) {
      for (let index = 0; index < count; index++) read(code, first + index * size);
    }
    at = first + count * size;
  }
}

function slotOf(view: DataView, at: number): number {
  return view.getUint32(at, true) / SLOT_BYTES;
}

function readFunctions(functions: Subsection, btf: Btf): void {
  const { view } = functions;
  eachRecord(functions, (code, at) => {
    const typeId = view.getUint32(at + 4, true);
    if (typeId >= btf.size || btf.type(typeId).kind !== "func")
      throw new ElfError(`BTF type ${typeId} is no function`, { section: SECTION, offset: at + 4 });
    code.types.set(slotOf(view, at), typeId);
  });
}

/** A line counts from its record up to the next one; records are sorted by their place within a section. */
function readLines(lines: Subsection): void {
  const { view, text } = lines;
  const found = new Map<CodeSection, (SourcePosition | undefined)[]>();
  /** By the file's name, the line's text and the position: numbers, since joining them to one text would be felt. */
  const files = new Map<number, Map<number, Map<number, SourcePosition>>>();
  eachRecord(lines, (code, at) => {
    const [file, line] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
    let sources = found.get(code);
    if (sources === undefined) found.set(code, (sources = new Array<SourcePosition | undefined>(code.slots.length)));
    let texts = files.get(file);
    if (texts === undefined) files.set(file, (texts = new Map()));
    let known = texts.get(line);
    if (known === undefined) texts.set(line, (known = new Map()));
    const position = view.getUint32(at + 12, true);
    let source = known.get(position);
    if (source === undefined) {
      source = { file: text.at(file), line: position >>> 10, column: position & 0x3ff, text: text.at(line) };
      known.set(position, source);
    }
    const slot = slotOf(view, at);
    if (slot < sources.length) sources[slot] = source;
  });
  for (const [code, sources] of found) spread(code, sources);
}

/** Within a function: the next one has a line of its own at its start. */
function spread(code: CodeSection, sources: readonly (SourcePosition | undefined)[]): void {
  for (const { start, end } of code.functions) {
    let source: SourcePosition | undefined;
    for (let slot = start; slot < end; slot++) {
      source = sources[slot] ?? source;
      code.sources[slot] = source;
    }
  }
}

function readRelocations(relocations: Subsection): void {
  const { view, text } = relocations;
  const kinds: ReadonlySet<number> = new Set(Object.values(CoreKind));
  eachRecord(relocations, (code, at) => {
    const slot = slotOf(view, at);
    const kind = view.getUint32(at + 12, true);
    if (code.slots[slot] === undefined)
      throw new ElfError(
        `a CO-RE relocation is for byte ${slot * SLOT_BYTES} of section '${code.section.name}', where no instruction starts`,
        { section: SECTION, offset: at },
      );
    if (!kinds.has(kind))
      throw new ElfError(`CO-RE relocation kind ${kind} is not known`, { section: SECTION, offset: at });
    const change = code.changes.get(slot);
    if (change?.ref !== undefined)
      throw new ElfError(`an instruction has a CO-RE relocation and refers to something else as well`, {
        section: SECTION,
        offset: at,
      });
    const relocation = {
      kind: kind as CoreKind,
      typeId: view.getUint32(at + 4, true),
      access: text.at(view.getUint32(at + 8, true)),
    };
    code.changes.set(slot, { ...change, ref: { kind: "core", relocation } });
  });
}

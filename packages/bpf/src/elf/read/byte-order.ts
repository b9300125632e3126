/**
 * Objects for big-endian machines (`-target bpfeb`), turned into what the same source gives for
 * little-endian ones, so that nothing else has to know: numbers of ELF and of BTF, and instructions,
 * whose two registers change places as well. What the object's own variables hold stays as it is.
 *
 * Places of bytes do not change, so an error names those of the file that was given.
 */
import { SLOT_BYTES } from "../../asm/encode.ts";
import { HEADER_BYTES, SECTION_HEADER_BYTES, SectionFlag, SectionName, SectionType } from "../format.ts";

/** Bytes of each number, for a structure or for one after the other to the end. */
type Fields = readonly number[];

const HEADER: Fields = [2, 2, 4, 8, 8, 8, 4, 2, 2, 2, 2, 2, 2];
const SECTION_HEADER: Fields = [4, 4, 8, 8, 8, 8, 4, 4, 8, 8];
const SYMBOL: Fields = [4, 1, 1, 2, 8, 8];
const RELOCATION: Fields = [8, 8];
const INSTRUCTION: Fields = [1, 1, 2, 4];
const WORD: Fields = [4];

/** Identification of ELF: class, byte order and so on, one byte each. */
const IDENTIFICATION_BYTES = 16;
/** Of BTF and .BTF.ext: magic number (2 bytes), version, flags. */
const BTF_START: Fields = [2, 1, 1];
const BYTE_ORDER_AT = 5;
const LITTLE = 1;

/** The file for little-endian machines; `bytes` stays as it is. What is malformed stays so. */
export function littleEndian(bytes: Uint8Array): Uint8Array {
  const turned = bytes.slice();
  if (turned.length < HEADER_BYTES) return turned;
  turned[BYTE_ORDER_AT] = LITTLE;
  turn(turned.subarray(IDENTIFICATION_BYTES, HEADER_BYTES), HEADER);
  const view = new DataView(turned.buffer);
  const table = Number(view.getBigUint64(40, true));
  const headers = turned.subarray(table);
  // Counts too large for their field stand in the first section header.
  turn(headers.subarray(0, SECTION_HEADER_BYTES), SECTION_HEADER);
  const few = view.getUint16(60, true);
  const count = few !== 0 || headers.length < SECTION_HEADER_BYTES ? few : wide(headers, 32);
  turn(headers.subarray(SECTION_HEADER_BYTES, count * SECTION_HEADER_BYTES), SECTION_HEADER);
  turnSections(turned, headers, count, nameReader(turned, headers, view.getUint16(62, true)));
  return turned;
}

function turnSections(file: Uint8Array, headers: Uint8Array, count: number, nameAt: (offset: number) => string): void {
  // Sections that overlap are refused later; until then they may not make more work than the file is long.
  let left = file.length;
  const end = Math.min(count, Math.floor(headers.length / SECTION_HEADER_BYTES)) * SECTION_HEADER_BYTES;
  for (let at = 0; at < end; at += SECTION_HEADER_BYTES) {
    const content = contentOf(file, headers, at);
    left -= content.length;
    if (left < 0) return;
    turnContent(content, word(headers, at + 4), wide(headers, at + 8), nameAt(word(headers, at)));
  }
}

function turnContent(content: Uint8Array, type: number, flags: number, name: string): void {
  if (type === SectionType.SYMTAB) return turn(content, SYMBOL);
  if (type === SectionType.REL) return turn(content, RELOCATION);
  if (type !== SectionType.PROGBITS) return;
  if ((flags & SectionFlag.EXECINSTR) !== 0) return turnInstructions(content);
  if (name === SectionName.BTF) return turnBtf(content);
  if (name === SectionName.BTF_EXT) {
    turn(content.subarray(0, 4), BTF_START);
    turn(content.subarray(4), WORD);
  }
  // struct bpf_map_def and the version are made of words.
  if (name === SectionName.LEGACY_MAPS || name === SectionName.VERSION) turn(content, WORD);
}

function turnInstructions(code: Uint8Array): void {
  turn(code, INSTRUCTION);
  for (let at = 1; at < code.length; at += SLOT_BYTES) code[at] = (code[at]! << 4) | (code[at]! >> 4);
}

/** Header and types are words; strings, whose place the header tells, are not. */
function turnBtf(btf: Uint8Array): void {
  turn(btf.subarray(0, 4), BTF_START);
  if (btf.length < 24) return;
  const header = new DataView(btf.buffer, btf.byteOffset, btf.length).getUint32(4, false);
  turn(btf.subarray(4, header), WORD);
  turn(btf.subarray(header + word(btf, 8)).subarray(0, word(btf, 12)), WORD);
}

/** Reverses the bytes of each number, structure after structure as far as whole ones go. */
function turn(bytes: Uint8Array, fields: Fields): void {
  const size = fields.reduce((sum, field) => sum + field, 0);
  for (let start = 0; start + size <= bytes.length; start += size) {
    let at = start;
    for (const field of fields) {
      if (field > 1) bytes.subarray(at, at + field).reverse();
      at += field;
    }
  }
}

function nameReader(file: Uint8Array, headers: Uint8Array, index: number): (offset: number) => string {
  const at = index * SECTION_HEADER_BYTES;
  const names = at + SECTION_HEADER_BYTES <= headers.length ? contentOf(file, headers, at) : new Uint8Array(0);
  return (offset) => {
    // None of the names that matter is longer.
    const name = names.subarray(offset, offset + SectionName.BTF_EXT.length + 1);
    const end = name.indexOf(0);
    return String.fromCharCode(...(end === -1 ? name : name.subarray(0, end)));
  };
}

function contentOf(file: Uint8Array, headers: Uint8Array, at: number): Uint8Array {
  const type = word(headers, at + 4);
  if (type === SectionType.NOBITS || type === SectionType.NULL) return new Uint8Array(0);
  return file.subarray(wide(headers, at + 24)).subarray(0, wide(headers, at + 32));
}

function word(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(at, true);
}

/** Of 64 bits; beyond 2^53 it lies in no file, and its exact value does not matter. */
function wide(bytes: Uint8Array, at: number): number {
  return word(bytes, at) + word(bytes, at + 4) * 0x1_0000_0000;
}

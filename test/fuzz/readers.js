// What is made of a damaged input, as much as its readers offer. A typed error is an answer; anything else that is
// thrown is a crash.
import { AsmError, layout } from "@sonde/bpf/asm";
import {
  BtfError,
  BtfReader,
  CodecError,
  codecOf,
  declaration,
  definition,
  encodeTypes,
  findMember,
  layoutText,
  loadIndex,
  deduplicate,
  memberNames,
  printC,
  printTypeScript,
  resolve,
  serialiseIndex,
  sizeOf,
} from "@sonde/bpf/btf";
import { applyCore } from "@sonde/bpf/core";
import { Dwarf, DwarfError, DwarfTypes, inMemory, signatureOf } from "@sonde/bpf/dwarf";
import { buildTable, EhFrameError, lookUpRule, readImage } from "@sonde/bpf/eh-frame";
import { ElfError, readObject, writeObject } from "@sonde/bpf/elf";
import { parse } from "@sonde/compiler/bpftrace";

import { PACKED_SECTIONS } from "./dwarf-samples.js";

/** @typedef {import("@sonde/bpf/spec").ObjectSpec} ObjectSpec */

/**
 * What tries an input of each kind; how often each has its turn is in plan.js.
 * @type {Record<keyof import("./samples.js").Samples, (bytes: Uint8Array) => void>}
 */
export const readers = {
  elf: (bytes) => void object(bytes),
  btf: types,
  ext: (bytes) => {
    const spec = object(bytes);
    if (spec !== undefined) relocate(spec);
  },
  dwarf: debugInfo,
  frames: unwindTable,
  script: (bytes) => void parse(Buffer.from(bytes).toString("utf8")),
};

/** @param {Uint8Array} bytes @returns {ObjectSpec | undefined} */
function object(bytes) {
  return answered([ElfError], () => readObject(bytes));
}

/** What is read can be laid out, fitted to a kernel (here: to its own types) and written again. @param {ObjectSpec} spec */
function relocate(spec) {
  answered([ElfError], () => writeObject(spec));
  if (spec.btf.length === 0) return;
  const btf = new BtfReader(spec.btf);
  for (const { instructions } of spec.programs) {
    answered([BtfError, AsmError], () => layout(applyCore(instructions, btf, btf).instructions));
  }
}

/** Structs whose values are decoded: a codec is made by compiling, which is dear. */
const MOST_CODECS = 8;
const MOST_VALUE = 1 << 16;

/** @param {Uint8Array} bytes */
function types(bytes) {
  const btf = answered([BtfError], () => new BtfReader(bytes));
  if (btf === undefined) return;
  const index = loadIndex(serialiseIndex(btf.index, bytes), bytes);
  if (index === undefined || index.offsets.length !== btf.index.offsets.length)
    throw new Error("an index does not fit the BTF it was made of");
  let codecs = 0;
  for (let id = 0; id < btf.size; id++) {
    const type = answered([BtfError], () => btf.type(id));
    if (type === undefined) continue;
    for (const question of [resolve, sizeOf, layoutText, declaration, definition, memberNames])
      answered([BtfError], () => question(btf, id));
    if ((type.kind === "struct" || type.kind === "union") && type.members[0] !== undefined) {
      answered([BtfError], () => findMember(btf, id, "nowhere.to.be.found"));
      if (codecs++ < MOST_CODECS) answered([BtfError, CodecError], () => decode(btf, id));
    }
  }
  for (const whole of [printC, deduplicate, typeScript, encoded]) answered([BtfError], () => whole(btf));
  for (const kind of /** @type {const} */ (["struct", "enum", "typedef", "func"])) {
    for (const name of btf.names(kind)) answered([BtfError], () => btf.find(name, kind));
  }
}

/** An executable's table is made, and asked for a rule here and there. @param {Uint8Array} bytes */
function unwindTable(bytes) {
  const table = answered([EhFrameError], () => {
    const making = buildTable(readImage((offset, size) => bytes.subarray(offset, Math.max(offset, offset + size))));
    for (;;) {
      const { done, value } = making.next();
      if (done) return value;
    }
  });
  if (table === undefined) return;
  for (const { address, pages } of table.sections)
    for (let page = 0; page < pages; page += 7) lookUpRule(table, address + page * 256 + 11);
}

/** Sections behind one another, as samples.js packs them: everything that is asked of a program, at some of its places. @param {Uint8Array} bytes */
function debugInfo(bytes) {
  const sections = unpackSections(bytes);
  const dwarf = new Dwarf({ section: (name) => sections.get(name) });
  const types = new DwarfTypes(1);
  for (let address = 0x1000; address < 0x1600; address += 61) {
    answered([DwarfError], () => dwarf.framesAt(address));
    answered([DwarfError], () => dwarf.lineAt(address));
    const func = answered([DwarfError], () => dwarf.functionAt(address));
    if (func === undefined) continue;
    for (const arch of /** @type {const} */ (["x86_64", "aarch64"]))
      answered([DwarfError], () =>
        signatureOf(func, arch, address, false).parameters.map(({ type }) => types.idOf(type)),
      );
  }
  answered([DwarfError], () => dwarf.inlinedAt("twice"));
  answered([DwarfError], () => dwarf.stops("dwarf-orders.c", 76));
  for (const name of ["order", "inner", "nowhere"])
    answered([DwarfError], () => types.named(dwarf.file, name, "struct"));
  for (let id = 1; id < 300; id++) {
    const btf = /** @type {import("@sonde/bpf/btf").Btf} */ (/** @type {unknown} */ (types));
    // Ids are given as types are asked for; the first that was not ends the list.
    const type = answered([DwarfError, RangeError], () => types.type(id));
    if (type === undefined) continue;
    for (const question of [resolve, sizeOf, memberNames, declaration])
      answered([BtfError, DwarfError, RangeError], () => question(btf, id));
  }
}

/** @param {Uint8Array} bytes */
function unpackSections(bytes) {
  /** @type {Map<string, import("@sonde/bpf/dwarf").SectionBytes>} */
  const sections = new Map();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (
    let index = 0, at = PACKED_SECTIONS.length * 4;
    index < PACKED_SECTIONS.length && index * 4 + 4 <= bytes.length;
    index++
  ) {
    const size = view.getUint32(index * 4, true);
    if (size > 0) sections.set(PACKED_SECTIONS[index] ?? "", inMemory(bytes.subarray(at, at + size)));
    at += size;
  }
  return sections;
}

/** @param {BtfReader} btf */
function typeScript(btf) {
  return printTypeScript(btf, [...btf.ids("struct"), ...btf.ids("union"), ...btf.ids("enum"), ...btf.ids("typedef")]);
}

/** What is decoded can be encoded, and is the same. @param {BtfReader} btf */
function encoded(btf) {
  const all = Array.from({ length: btf.size - 1 }, (_, index) => btf.type(index + 1));
  const again = new BtfReader(encodeTypes(all));
  if (again.size !== btf.size) throw new Error(`${btf.size} types became ${again.size}`);
}

/** A value read is a value that can be written, and read again. @param {BtfReader} btf @param {number} id */
function decode(btf, id) {
  const codec = codecOf(btf, id, { enums: "name" });
  if (codec.size > MOST_VALUE) return;
  const view = new DataView(new ArrayBuffer(codec.size + 64));
  codec.write(view, 0, codec.read(view, 0));
}

/**
 * What `ask` returns, or undefined if it answers by one of these errors.
 * @template T
 * @param {readonly (new (...words: never[]) => Error)[]} errors
 * @param {() => T} ask
 * @returns {T | undefined}
 */
function answered(errors, ask) {
  try {
    return ask();
  } catch (error) {
    if (errors.some((type) => error instanceof type)) return undefined;
    throw error;
  }
}

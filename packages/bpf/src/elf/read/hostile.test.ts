/** Small files built to cost much: each is refused at once, with its section. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder } from "../../btf/builder.ts";
import { ElfError } from "../errors.ts";
import { Binding, RelocationType, SymbolType } from "../format.ts";
import { CODE, DATA, OutputFile } from "../write/file.ts";
import type { OutputSection } from "../write/file.ts";
import { readObject } from "./object.ts";

/** Milliseconds of CPU: how long it takes by the clock depends on what else the machine does. */
const MOST_TIME = 3000;

/** Refused soon, for this reason. */
function refused(bytes: Uint8Array, message: RegExp, section?: string): void {
  const start = process.cpuUsage();
  assert.throws(
    () => readObject(bytes),
    (error) => {
      assert.ok(error instanceof ElfError, String(error));
      assert.match(error.message, message);
      if (section !== undefined) assert.equal(error.section, section);
      return true;
    },
  );
  const { user, system } = process.cpuUsage(start);
  assert.ok((user + system) / 1000 < MOST_TIME);
}

const EXIT = Uint8Array.of(0x95, 0, 0, 0, 0, 0, 0, 0);

function addFunction(file: OutputFile, section: OutputSection, name: string, value: number, size: number): void {
  file.symbol({ name, type: SymbolType.FUNC, binding: Binding.GLOBAL, section, value, size });
}

test("sections on top of each other", () => {
  const file = new OutputFile();
  for (let index = 0; index < 50; index++) file.section(`.x${index}`, new Uint8Array(1000));
  const bytes = file.encode();
  const view = new DataView(bytes.buffer);
  const table = view.getUint32(40, true);
  for (let index = 1; index <= 50; index++) {
    view.setUint32(table + index * 64 + 24, 64, true);
    view.setUint32(table + index * 64 + 32, bytes.length - 64, true);
  }
  refused(bytes, /sections overlap/);
});

test("one long name for thousands of symbols", () => {
  const file = new OutputFile();
  const section = file.section(".text", EXIT, { flags: CODE });
  const long = "x".repeat(1 << 20);
  for (let index = 0; index < 1000; index++)
    file.symbol({ name: long, type: SymbolType.OBJECT, binding: Binding.LOCAL, section, value: 0, size: 0 });
  refused(file.encode(), /string of 1048576 bytes is too long/, ".strtab");
});

test("one long name for thousands of types", () => {
  const file = new OutputFile();
  const builder = new BtfBuilder();
  const int = builder.int("y".repeat(1 << 20), 4, "signed");
  for (let index = 0; index < 1000; index++) builder.array(int, index);
  file.section(".BTF", builder.encode());
  refused(file.encode(), /too long where/, ".BTF");
});

test("programs that call each other until they fill memory", () => {
  const file = new OutputFile();
  const count = 3000;
  // Each function calls the next one; each of as many programs calls the first.
  const text = new Uint8Array(count * 16);
  for (let index = 0; index < count; index++) text.set([0x85, 0x10, 0, 0, 1, 0, 0, 0, ...EXIT], index * 16);
  text.set(EXIT, (count - 1) * 16);
  const section = file.section(".text", text, { flags: CODE });
  for (let index = 0; index < count; index++) addFunction(file, section, `f${index}`, index * 16, 16);
  const programs = file.section("socket", new Uint8Array(count * 16), { flags: CODE });
  for (let index = 0; index < count; index++) {
    programs.bytes.set([0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, ...EXIT], index * 16);
    addFunction(file, programs, `p${index}`, index * 16, 16);
    programs.relocations.push({
      offset: index * 16,
      type: RelocationType.R_BPF_64_32,
      symbol: file.sectionSymbol(section),
    });
  }
  refused(file.encode(), /more than 1048576 instructions/, "socket");
});

test("a chain of calls ten thousand deep is only deep", () => {
  const file = new OutputFile();
  const count = 10_000;
  const text = new Uint8Array(count * 16);
  for (let index = 0; index < count; index++) text.set([0x85, 0x10, 0, 0, 1, 0, 0, 0, ...EXIT], index * 16);
  text.set([...EXIT, ...EXIT], (count - 1) * 16);
  const section = file.section(".text", text, { flags: CODE });
  for (let index = 0; index < count; index++) addFunction(file, section, `f${index}`, index * 16, 16);
  const program = file.section("socket", Uint8Array.of(0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, ...EXIT), {
    flags: CODE,
  });
  program.relocations.push({ offset: 0, type: RelocationType.R_BPF_64_32, symbol: file.sectionSymbol(section) });
  addFunction(file, program, "main", 0, 16);
  assert.equal(readObject(file.encode()).programs[0]!.instructions.length, count * 2 + 2);
});

test("zeros without end", () => {
  const file = new OutputFile();
  const section = file.section(".bss", new Uint8Array(0), { flags: DATA, nobits: 0xffff_0000 });
  assert.equal(section.bytes.length, 0);
  const { maps } = readObject(file.encode());
  assert.deepEqual([maps[0]!.valueSize, maps[0]!.data], [0xffff_0000, undefined]);
});

test("types within themselves", () => {
  const file = new OutputFile();
  const builder = new BtfBuilder();
  const definition = builder.struct("", 16, [
    { name: "type", type: 3, bitOffset: 0 },
    { name: "value", type: 2, bitOffset: 64 },
  ]);
  builder.ptr(3);
  // Type 3: an array of itself.
  builder.array(3, 2);
  const variable = builder.var("m", definition, "global");
  builder.datasec(".maps", 16, [{ type: variable, offset: 0, size: 16 }]);
  file.section(".maps", new Uint8Array(16), { flags: DATA });
  file.section(".BTF", builder.encode());
  refused(file.encode(), /map 'm'|itself/, ".maps");
});

test("a jump out of its function, a function amid an instruction", () => {
  const table: readonly (readonly [readonly number[], number, RegExp])[] = [
    [[0x05, 0, 5, 0, 0, 0, 0, 0, ...EXIT], 16, /jump leads out of function 'f'/],
    [[0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...EXIT], 8, /'f' ends amid an instruction/],
    [[...EXIT], 24, /function 'f' of 24 bytes does not fit/],
    [[0x85, 0x10, 0, 0, 7, 0, 0, 0, ...EXIT], 16, /refers to slot 8 .*where no function starts/],
    [[0x18, 0, 0, 0, 0, 0, 0, 0], 8, /second half of a 64-bit immediate/],
  ];
  for (const [code, size, message] of table) {
    const file = new OutputFile();
    addFunction(file, file.section("socket", Uint8Array.from(code), { flags: CODE }), "f", 0, size);
    refused(file.encode(), message, "socket");
  }
});

test("files that are no BPF objects", () => {
  const good = new OutputFile().encode();
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = good.slice();
    bytes[at] = value;
    return bytes;
  };
  const table: readonly (readonly [Uint8Array, RegExp])[] = [
    [new Uint8Array(0), /not an ELF file/],
    [new TextEncoder().encode("#!/bin/sh\n".repeat(20)), /not an ELF file/],
    [changed(4, 1), /offset 0x4: a 32-bit ELF file/],
    [changed(5, 3), /offset 0x5: byte order 3 is neither little- nor big-endian/],
    [changed(5, 2), /an ELF file for machine \d+, not for BPF/],
    [changed(18, 62), /offset 0x12: an ELF file for machine 62/],
    [changed(16, 2), /offset 0x10: an ELF file of type 2/],
    [changed(43, 0xff), /section headers at 0xff.* lie beyond/],
    [changed(60, 200), /200 section headers do not fit/],
    [changed(62, 9), /section names are said to be in section 9/],
  ];
  for (const [bytes, message] of table) refused(bytes, message);
});

test("a damaged .sonde section says where it is wrong", () => {
  const manifest = { maps: [], events: [], config: { printMapsOnExit: true, stackMode: "raw" } };
  const table: readonly (readonly [string, RegExp])[] = [
    ["{", /not JSON/],
    ["[]", /the whole is no object/],
    [JSON.stringify({ version: 2, name: "", manifest, programs: {}, maps: {} }), /\.version is no value of 1/],
    [
      JSON.stringify({ version: 1, name: "", manifest: { ...manifest, ring: 3 }, programs: {}, maps: {} }),
      /\.manifest\.ring is no string/,
    ],
    [
      JSON.stringify({ version: 1, name: "", manifest: { ...manifest, more: 3 }, programs: {}, maps: {} }),
      /\.manifest is no object of only/,
    ],
    [
      JSON.stringify({
        version: 1,
        name: "",
        manifest,
        programs: { p: { type: "kprobe", attach: [{ kind: "nothing" }], title: "" } },
        maps: {},
      }),
      /\.programs\.p\.attach\[0\]\.kind/,
    ],
    [
      `{"version":1,"name":"","programs":{},"maps":{},"manifest":{"maps":[],"config":{"printMapsOnExit":true,"stackMode":"raw"},"events":[{"id":0,"size":8,"action":{"kind":"exit"},"fields":[{"offset":0,"type":${'{"kind":"array","size":8,"length":1,"element":'.repeat(
        5000,
      )}{"kind":"bool","size":1}${"}".repeat(5000)}}]}]}}`,
      /nested less than 64 deep/,
    ],
  ];
  for (const [text, message] of table) {
    const file = new OutputFile();
    file.section(".sonde", new TextEncoder().encode(text));
    refused(file.encode(), message, ".sonde");
  }
});

test("a function whose type is no function", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, "signed");
  for (const id of [int, 77]) {
    const file = new OutputFile();
    const section = file.section("socket", EXIT, { flags: CODE });
    addFunction(file, section, "main", 0, 8);
    const name = builder.string("socket");
    file.section(".BTF", builder.encode());
    const info = [8, name, 1, 0, id];
    const header = [0x1_eb9f, 24, 0, 4 * info.length, 4 * info.length, 0];
    file.section(".BTF.ext", new Uint8Array(Uint32Array.from([...header, ...info]).buffer));
    refused(file.encode(), new RegExp(`BTF type ${id} is no function`), ".BTF.ext");
  }
});

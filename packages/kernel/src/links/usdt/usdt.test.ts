import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseArguments } from "./arguments.ts";
import { usdtNotes } from "./notes.ts";

const TESTDATA = fileURLToPath(new URL("../../../testdata/", import.meta.url));

test("arguments of x86 in every form of the assembler's", () => {
  const rows = [
    { text: "8@%rdi", want: { size: 8, signed: false, place: { kind: "register", register: 112 } } },
    { text: "-4@%r10d", want: { size: 4, signed: true, place: { kind: "register", register: 56 } } },
    { text: "1@%al", want: { size: 1, signed: false, place: { kind: "register", register: 80 } } },
    { text: "2@%sil", want: { size: 2, signed: false, place: { kind: "register", register: 104 } } },
    { text: "-4@$-7", want: { size: 4, signed: true, place: { kind: "constant", value: -7n } } },
    { text: "8@$0x10", want: { size: 8, signed: false, place: { kind: "constant", value: 16n } } },
    { text: "8@-24(%rbp)", want: { size: 8, signed: false, place: { kind: "memory", register: 32, offset: -24n } } },
    { text: "8@(%rsp)", want: { size: 8, signed: false, place: { kind: "memory", register: 152, offset: 0n } } },
    {
      text: "4@8(%rax,%rcx,4)",
      want: { size: 4, signed: false, place: { kind: "memory", register: 80, offset: 8n, index: 88, scale: 4 } },
    },
  ];
  for (const { text, want } of rows) assert.deepEqual(parseArguments(text, "x64"), [want], text);
  assert.deepEqual(parseArguments("8@%rdi -4@-4(%rsp) 4@$1234", "x64").length, 3);
  assert.deepEqual(parseArguments("", "x64"), []);
});

test("arguments of arm64", () => {
  assert.deepEqual(parseArguments("8@x3 -4@[sp, 16] 4@5 8@[x0]", "arm64"), [
    { size: 8, signed: false, place: { kind: "register", register: 24 } },
    { size: 4, signed: true, place: { kind: "memory", register: 248, offset: 16n } },
    { size: 4, signed: false, place: { kind: "constant", value: 5n } },
    { size: 8, signed: false, place: { kind: "memory", register: 0, offset: 0n } },
  ]);
});

test("what cannot be read is named", () => {
  for (const text of ["3@%rdi", "8@%nothing", "8@variable(%rip)", "8@x31"]) {
    assert.throws(() => parseArguments(text, text.includes("x31") ? "arm64" : "x64"), {
      name: "TypeError",
      message: `cannot read the argument '${text}' of a usdt probe`,
    });
  }
});

test("notes are those that readelf shows", () => {
  // readelf -n testdata/usdt-sample: locations 0x401008, 0x401015, 0x40101d, semaphore 0x403030; -l: loaded from 0x1000 and 0x3000.
  const provider = "sonde_test";
  const fixed = usdtNotes(`${TESTDATA}usdt-sample`);
  assert.deepEqual(fixed, [
    { provider, name: "plain", arguments: "8@%rdi -4@-4(%rsp) 4@$1234", offset: 0x1008, address: 0x401008 },
    {
      provider,
      name: "counted",
      arguments: "8@%rdi",
      offset: 0x1015,
      address: 0x401015,
      semaphoreOffset: 0x3030,
    },
    { provider, name: "indexed", arguments: "-4@4(%rax,%rdi,4) 8@%rdi", offset: 0x101d, address: 0x40101d },
  ]);
  // The same program, loaded anywhere.
  assert.deepEqual(
    usdtNotes(`${TESTDATA}usdt-sample-pie`),
    fixed.map(({ address: _, ...note }) => note),
  );
  assert.deepEqual(usdtNotes(`${TESTDATA}libsample.so`), []);
});

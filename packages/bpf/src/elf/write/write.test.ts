/** Objects written from specifications: those of clang's objects, of scripts, of odd cases. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import {
  callSubprogram,
  exit,
  loadFunction,
  loadMap,
  loadMapValue,
  mov64Imm,
  withCore,
  withLabel,
  withSource,
} from "../../asm/build.ts";
import { disassemble } from "../../asm/disassemble.ts";
import type { Instruction } from "../../asm/instruction.ts";
import { BtfBuilder } from "../../btf/builder.ts";
import { BtfReader } from "../../btf/reader.ts";
import type { MapSpec, ObjectSpec, ProgramSpec } from "../../spec/spec.ts";
import { ElfError } from "../errors.ts";
import { readObject } from "../read/object.ts";
import { compile, inTemporary, TESTDATA } from "../testing/objects.ts";
import { writeObject } from "./object.ts";

const OPTIONS = { name: "same" };

const objects: Readonly<Record<string, () => Uint8Array>> = {
  "elf-kinds": () => compile("elf-kinds"),
  "elf-kconfig": () => compile("elf-kconfig"),
  "elf-kernel-symbols": () => compile("elf-kernel-symbols"),
  "elf-struct-ops": () => compile("elf-struct-ops"),
  "core-relocations": () => readFileSync(path.join(TESTDATA, "core-relocations.bpf.o")),
};

for (const [name, object] of Object.entries(objects)) {
  test(`what is read, written and read again is the same: ${name}`, () => {
    const spec = readObject(object(), OPTIONS);
    const written = writeObject(spec);
    assert.deepEqual(readObject(written, OPTIONS), spec);
    assert.deepEqual(writeObject(readObject(written, OPTIONS)), written);
  });
}

test("every kind of section survives, custom ones without the option that named them", () => {
  const custom = {
    type: "perf_event",
    attach: [{ kind: "perfEvent", event: "cpu-clock", frequency: 9, cpus: "one" }],
  } as const;
  const spec = readObject(compile("elf-sections"), {
    ...OPTIONS,
    section: (section) => (/^(xdp\/eth|perf_event\/)/.test(section) ? custom : undefined),
  });
  assert.deepEqual(readObject(writeObject(spec), OPTIONS), spec);
});

test("legacy maps are written as BTF-defined ones", () => {
  const spec = readObject(compile("elf-legacy", { debug: false }), OPTIONS);
  const again = readObject(writeObject(spec), OPTIONS);
  assert.deepEqual(again.maps, spec.maps);
  assert.deepEqual(again.programs, spec.programs);
});

const builder = new BtfBuilder();
const int = builder.int("int", 4, "signed");
const word = builder.int("u64", 8, "unsigned");
const struct = builder.struct("task_struct", 8, [{ name: "pid", type: int, bitOffset: 0 }]);
const prototype = builder.funcProto(int, [{ name: "ctx", type: builder.ptr(0) }]);
const func = (name: string, linkage: "static" | "global" = "global"): number => builder.func(name, prototype, linkage);

function map(name: string, changes: Partial<MapSpec> = {}): MapSpec {
  return {
    name,
    type: "array",
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
    flags: 0,
    keyTypeId: int,
    valueTypeId: word,
    ...changes,
  };
}

function program(name: string, instructions: readonly Instruction[], changes: Partial<ProgramSpec> = {}): ProgramSpec {
  const labelled = instructions.map((instruction, index) => (index === 0 ? withLabel(instruction, name) : instruction));
  return {
    name,
    type: "raw_tracepoint",
    attach: [],
    title: `title of ${name}`,
    instructions: labelled,
    functions: new Map([[name, func(name)]]),
    ...changes,
  };
}

function object(
  programs: readonly ProgramSpec[],
  maps: readonly MapSpec[] = [],
  changes: Partial<ObjectSpec> = {},
): ObjectSpec {
  return {
    name: "made",
    license: "GPL",
    programs,
    maps,
    btf: builder.encode(),
    manifest: { maps: [], events: [], config: { printMapsOnExit: true, stackMode: "bpftrace" } },
    ...changes,
  };
}

test("a specification made by hand: maps, targets, manifest, sources, CO-RE", () => {
  const source = { file: "-e", line: 3, column: 7, text: "@x = count();" };
  const spec = object(
    [
      program(
        "begin",
        [
          withSource(loadMapValue(1, "AT_x", 4), source),
          withCore(withSource(mov64Imm(2, 0), source), { kind: 0, typeId: struct, access: "0:0" }),
          withSource(loadMap(3, "events"), { ...source, line: 4 }),
          withSource(mov64Imm(0, 0), { ...source, line: 4 }),
          withSource(exit(), { ...source, line: 5 }),
        ],
        { attach: [{ kind: "run", when: "begin" }] },
      ),
    ],
    [
      map("AT_x", { flags: 0x400 }),
      map("events", { type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096, keyTypeId: 0, valueTypeId: 0 }),
    ],
    {
      manifest: {
        maps: [{ name: "@x", map: "AT_x", keys: [], value: { kind: "count", perCpu: false }, maxEntries: 1 }],
        events: [
          {
            id: 0,
            size: 16,
            action: { kind: "printf", format: "%d\n" },
            fields: [{ offset: 8, type: { kind: "int", size: 8, signed: true } }],
          },
        ],
        ring: "events",
        config: { printMapsOnExit: false, stackMode: "perf" },
        monitor: {
          name: "made",
          help: "A monitor",
          enabled: true,
          metrics: [
            {
              map: "@x",
              name: "x_seconds",
              help: "X",
              type: "counter",
              unit: "nanoseconds",
              labels: [{ name: "state", decoders: [{ name: "values", values: { "1": "on" } }] }],
            },
          ],
          streams: [{ name: "s", help: "S", event: 0, fields: [{ name: "comm", decoders: [] }] }],
          params: [
            {
              name: "least",
              help: "Least",
              map: "AT_x",
              offset: 0,
              type: { kind: "int", size: 8, signed: false },
              initial: 10,
              min: 0,
            },
          ],
          budget: { series: 1000, cpu: 0.05 },
        },
      },
    },
  );
  const again = readObject(writeObject(spec));
  assert.equal(again.name, "made");
  assert.deepEqual(again.manifest, spec.manifest);
  assert.deepEqual(again.maps, spec.maps);
  const [have, want] = [again.programs[0]!, spec.programs[0]!];
  assert.deepEqual(
    [have.type, have.attach, have.title, have.functions],
    [want.type, want.attach, want.title, want.functions],
  );
  assert.deepEqual(have.instructions, want.instructions);
});

const helper = (result: number): Instruction[] => [withLabel(mov64Imm(0, result), "helper"), exit()];

test("a subprogram of two programs is written once if it is the same, and twice if it is not", () => {
  const functions = (name: string): ReadonlyMap<string, number> =>
    new Map([
      [name, func(name)],
      ["helper", func("helper", "static")],
    ]);
  const caller = (name: string, result: number): ProgramSpec =>
    program(name, [callSubprogram("helper"), loadFunction(1, "helper"), exit(), ...helper(result)], {
      functions: functions(name),
    });
  for (const [results, texts] of [
    [[1, 1], ["helper"]],
    [
      [1, 2],
      ["helper", "helper.2"],
    ],
  ] as const) {
    const spec = object(results.map((result, index) => caller(`p${index}`, result)));
    const written = writeObject(spec);
    assert.deepEqual(functionsOf(written, ".text"), texts);
    const again = readObject(written);
    for (const [index, result] of results.entries()) {
      const text = disassemble(again.programs[index]!.instructions);
      assert.match(text, new RegExp(`call (helper[.0-9]*)\n.*func\\[\\1\\](.|\n)*\\1:\n.*r0 = ${result}\n`));
    }
  }
});

test("a subprogram is not shared if what it calls differs", () => {
  const nested = (name: string, result: number): ProgramSpec =>
    program(name, [
      callSubprogram("middle"),
      exit(),
      withLabel(callSubprogram("helper"), "middle"),
      exit(),
      ...helper(result),
    ]);
  const again = readObject(writeObject(object([nested("p1", 1), nested("p2", 2)])));
  for (const [index, result] of [1, 2].entries())
    assert.match(disassemble(again.programs[index]!.instructions), new RegExp(`r0 = ${result}\n`));
});

function functionsOf(bytes: Uint8Array, section: string): string[] {
  const table = inTemporary((folder) => {
    const file = path.join(folder, "object.o");
    writeFileSync(file, bytes);
    return execFileSync("llvm-objdump-16", ["-t", file], { encoding: "utf8" });
  });
  return table
    .split("\n")
    .flatMap((line) => {
      const found = /^\S+ .* F (\S+)\s+\S+ (.*)$/.exec(line);
      return found !== null && found[1] === section ? [found[2]!] : [];
    })
    .sort();
}

test("maps changed after reading are described anew", () => {
  const spec = readObject(compile("elf-kinds"), OPTIONS);
  const maps = spec.maps
    .map((entry) => (entry.name === "hash" ? { ...entry, maxEntries: 9, flags: 0 } : entry))
    .filter(({ name }) => name !== "numa");
  const programs = spec.programs.filter(({ name }) => name !== "second");
  const again = readObject(writeObject({ ...spec, programs, maps }), OPTIONS);
  assert.deepEqual(
    again.maps.filter(({ name }) => !name.startsWith(".")),
    maps.filter(({ name }) => !name.startsWith(".")),
  );
});

test("all that a map can say is written", () => {
  const inner = map("outer.inner", { type: "hash", maxEntries: 7, valueSize: 24, valueTypeId: 0 });
  const maps = [
    map("bloom", { type: "bloom_filter", keySize: 0, keyTypeId: 0, extra: 5n, maxEntries: 10 }),
    map("arena", {
      type: "arena",
      keySize: 0,
      valueSize: 0,
      keyTypeId: 0,
      valueTypeId: 0,
      extra: 1n << 44n,
      flags: 0x400,
      maxEntries: 10,
    }),
    map("pinned", { pinning: "byName", type: "hash", maxEntries: 3 }),
    map("numa", { numaNode: 1, flags: 4, type: "hash", maxEntries: 3 }),
    map("sized", { keyTypeId: 0, valueTypeId: 0, type: "hash", valueSize: 1000 }),
    map("a", { type: "hash", maxEntries: 7, valueSize: 24, valueTypeId: 0 }),
    map("outer", {
      type: "hash_of_maps",
      valueSize: 4,
      valueTypeId: 0,
      maxEntries: 3,
      inner,
      references: [{ kind: "map", name: "a", at: 2 }],
    }),
    map("jumps", {
      type: "prog_array",
      valueSize: 4,
      valueTypeId: 0,
      keyTypeId: 0,
      maxEntries: 9,
      references: [
        { kind: "program", name: "p", at: 0 },
        { kind: "program", name: "p", at: 8 },
      ],
    }),
    map(".data.own", { data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), keyTypeId: 0, valueTypeId: 0 }),
    map("constants", { data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), flags: 0x80 }),
  ];
  const spec = object([program("p", [mov64Imm(0, 0), exit()])], maps);
  assert.deepEqual(readObject(writeObject(spec)).maps, maps);
});

test("the types of a written object are BTF that bpftool prints", () => {
  const spec = object([program("p", [loadMap(1, "m"), mov64Imm(0, 0), exit()])], [map("m", { type: "hash" })]);
  const dump = inTemporary((folder) => {
    const file = path.join(folder, "object.o");
    writeFileSync(file, writeObject(spec));
    return execFileSync("bpftool", ["btf", "dump", "file", file], { encoding: "utf8" });
  });
  assert.match(dump, /DATASEC '\.maps' size=32 vlen=1\n\ttype_id=\d+ offset=0 size=32 \(VAR 'm'\)/);
  assert.match(dump, /FUNC 'p'/);
});

test("the same specification gives the same bytes", () => {
  const make = (): Uint8Array => writeObject(readObject(compile("elf-kinds"), OPTIONS));
  assert.deepEqual(make(), make());
});

test("the BTF of a written object holds the object's types under their ids", () => {
  const spec = object([program("p", [loadMap(1, "m"), mov64Imm(0, 0), exit()])], [map("m", { type: "hash" })]);
  const before = new BtfReader(spec.btf);
  const after = new BtfReader(readObject(writeObject(spec)).btf);
  for (let id = 1; id < before.size; id++) assert.deepEqual(after.type(id), before.type(id));
});

test("what no object can express is refused", () => {
  const ending = [mov64Imm(0, 0), exit()];
  const table: readonly (readonly [ObjectSpec, RegExp])[] = [
    [object([program("p", [loadMap(1, "none"), ...ending])]), /map 'none'.*does not have/],
    [object([program("p", [loadMapValue(1, "none", 0), ...ending])]), /map 'none'.*does not have/],
    [
      object([program("p", [loadMapValue(1, "m", 0), ...ending])], [map("m", { type: "hash" })]),
      /map 'm' \(hash, 1 entries\)/,
    ],
    [
      object([program("p", [loadMapValue(1, "m", 0), loadMap(1, "m"), ...ending])], [map("m")]),
      /map 'm' and addresses in its value/,
    ],
    [object([program("p", ending), program("p", ending)]), /two programs have one name/],
    [object([program("p", [callSubprogram("none"), ...ending])]), /calls 'none', which it does not have/],
    [
      object(
        [program("p", ending)],
        [map("j", { type: "prog_array", references: [{ kind: "program", name: "q", at: 0 }] })],
      ),
      /holds program 'q'/,
    ],
    [
      object([program("p", ending)], [map(".data", { data: new Uint8Array(3) })]),
      /content of 3 bytes, but values of 8/,
    ],
  ];
  for (const [spec, message] of table)
    assert.throws(
      () => writeObject(spec),
      (error) => error instanceof ElfError && message.test(error.message),
      String(message),
    );
});

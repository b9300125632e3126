/** Objects of the project's own C, read and compared with what LLVM's tools say of them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { encode, SLOT_BYTES } from "../../asm/encode.ts";
import type { Instruction } from "../../asm/instruction.ts";
import { layout } from "../../asm/layout.ts";
import { BtfReader } from "../../btf/reader.ts";
import type { MapSpec, ObjectSpec } from "../../spec/spec.ts";
import { compile, inTemporary, TESTDATA } from "../testing/objects.ts";
import { readObject } from "./object.ts";

interface Listed {
  /** By function and slot in it. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  /** The symbol of a relocation. */
  readonly symbols: ReadonlyMap<string, string>;
}

/** `llvm-objdump -d -r`: the bytes of each instruction and what they are relocated against. */
function objdump(object: Uint8Array): Listed {
  const listing = inTemporary((folder) => {
    const file = path.join(folder, "object.o");
    writeFileSync(file, object);
    return execFileSync("llvm-objdump-16", ["-d", "-r", file], { encoding: "utf8" });
  });
  const bytes = new Map<string, Uint8Array>();
  const symbols = new Map<string, string>();
  let [name, start, last] = ["", 0, ""];
  for (const line of listing.split("\n")) {
    const head = /^([0-9a-f]{16}) <([^>]+)>:$/.exec(line);
    const instruction = /^ +(\d+):\s+((?:[0-9a-f]{2} )+)/.exec(line.replaceAll("\t", " "));
    const relocation = /R_BPF_\S+\s+(\S+)$/.exec(line);
    // Labels within functions have a head of their own.
    if (head !== null && !head[2]!.startsWith("LBB")) [name, start] = [head[2]!, parseInt(head[1]!, 16) / SLOT_BYTES];
    if (instruction !== null) {
      last = `${name} ${Number(instruction[1]) - start}`;
      bytes.set(
        last,
        Uint8Array.from(instruction[2]!.trim().split(" "), (byte) => parseInt(byte, 16)),
      );
    }
    if (relocation !== null) symbols.set(last, relocation[1]!);
  }
  return { bytes, symbols };
}

/** The bytes of an instruction, one or two slots, of the other byte order: opcode, registers, offset, immediate. */
function otherByteOrder(bytes: Uint8Array): Uint8Array {
  const turned: number[] = [];
  for (let slot = 0; slot < bytes.length; slot += SLOT_BYTES) {
    const [opcode = 0, registers = 0, ...rest] = bytes.subarray(slot, slot + SLOT_BYTES);
    turned.push(opcode, (registers >> 4) | ((registers & 15) << 4));
    turned.push(...rest.slice(0, 2).reverse(), ...rest.slice(2).reverse());
  }
  return Uint8Array.from(turned);
}

for (const options of [{ cpu: "v1" }, { cpu: "v2" }, { cpu: "v3" }, { cpu: "v3", target: "bpfeb" }] as const) {
  test(`every instruction is what llvm-objdump lists, apart from what was relocated (${Object.values(options).join(", ")})`, () => {
    const object = compile("elf-kinds", options);
    const listed = objdump(object);
    const { programs } = readObject(object);
    let compared = 0;
    for (const program of programs) {
      const placed = layout(program.instructions);
      const written = encode(placed, { map: () => 0, keepCore: true });
      let [name, start] = ["", 0];
      for (const [index, instruction] of program.instructions.entries()) {
        const slot = placed.slots[index]!;
        if (index === 0 || (instruction.label !== undefined && !instruction.label.includes("+")))
          [name, start] = [instruction.label!, slot];
        const key = `${name} ${slot - start}`;
        const shown = listed.bytes.get(key);
        const want = "target" in options && shown !== undefined ? otherByteOrder(shown) : shown;
        assert.ok(want, `llvm-objdump lists nothing at ${key} of ${program.name}`);
        const have = written.subarray(slot * SLOT_BYTES, slot * SLOT_BYTES + want.length);
        if (isRelocated(instruction)) assert.deepEqual([have[0], have[1]! & 0x0f], [want[0], want[1]! & 0x0f], key);
        else assert.deepEqual(have, want, key);
        assert.equal(
          listed.symbols.has(key),
          isRelocated(instruction) && !isLocalCall(instruction, listed.symbols.get(key)),
          key,
        );
        compared++;
      }
    }
    assert.ok(compared > 170, `${compared} instructions`);
  });
}

function isRelocated({ ref }: Instruction): boolean {
  return ref !== undefined && ref.kind !== "jump" && ref.kind !== "core";
}

/** Calls within a section need no relocation. */
function isLocalCall({ ref }: Instruction, symbol: string | undefined): boolean {
  return ref?.kind === "call" && symbol === undefined;
}

test("maps of every form", () => {
  const spec = readObject(compile("elf-kinds"));
  const btf = new BtfReader(spec.btf);
  const typeName = (id: number): string => {
    const type = btf.type(id);
    return "name" in type ? type.name : type.kind;
  };
  const summary = (map: MapSpec): unknown[] => [
    map.type,
    map.keySize,
    map.valueSize,
    map.maxEntries,
    map.flags,
    map.keyTypeId === 0 ? "" : typeName(map.keyTypeId),
    map.valueTypeId === 0 ? "" : typeName(map.valueTypeId),
  ];
  const maps = new Map(spec.maps.map((map) => [map.name, map]));
  const want: Readonly<Record<string, unknown[]>> = {
    hash: ["hash", 8, 24, 1024, 1, "key", "value"],
    sized: ["percpu_array", 4, 24, 4, 0, "", ""],
    ring: ["ringbuf", 0, 0, 4096, 0, "", ""],
    bloom: ["bloom_filter", 0, 4, 64, 0, "", "__u32"],
    numa: ["lru_hash", 4, 8, 16, 4, "__u32", "__u64"],
    elf_pinned: ["array", 4, 8, 1, 0, "__u32", "__u64"],
    inner_a: ["array", 4, 8, 2, 0, "__u32", "__u64"],
    inner_b: ["array", 4, 8, 2, 0, "__u32", "__u64"],
    outer: ["array_of_maps", 4, 4, 4, 0, "__u32", ""],
    empty_outer: ["hash_of_maps", 4, 4, 4, 0, "__u32", ""],
    jumps: ["prog_array", 4, 4, 3, 0, "", ""],
    ".data": ["array", 4, 8, 1, 0x400, "", ".data"],
    ".rodata": ["array", 4, 12, 1, 0x480, "", ".rodata"],
    ".data.shared": ["array", 4, 4, 1, 0x400, "", ".data.shared"],
    ".rodata.tuning": ["array", 4, 4, 1, 0x480, "", ".rodata.tuning"],
    ".bss": ["array", 4, 16, 1, 0x400, "", ".bss"],
    ".kconfig": ["array", 4, 5, 1, 0x480, "", ".kconfig"],
  };
  assert.deepEqual([...maps.keys()].sort(), Object.keys(want).sort());
  for (const [name, expected] of Object.entries(want)) assert.deepEqual(summary(maps.get(name)!), expected, name);

  assert.equal(maps.get("bloom")?.extra, 3n);
  assert.equal(maps.get("numa")?.numaNode, 0);
  assert.equal(maps.get("elf_pinned")?.pinning, "byName");
  assert.equal(maps.get("numa")?.pinning, undefined);
  for (const name of ["outer", "empty_outer"]) {
    const { inner } = maps.get(name)!;
    assert.equal(inner?.name, `${name}.inner`);
    assert.deepEqual(summary(inner), want["inner_a"]);
  }
  assert.deepEqual(maps.get("outer")?.references, [
    { kind: "map", name: "inner_a", at: 0 },
    { kind: "map", name: "inner_b", at: 2 },
  ]);
  assert.equal(maps.get("empty_outer")?.references, undefined);
  assert.deepEqual(maps.get("jumps")?.references, [
    { kind: "program", name: "next_one", at: 1 },
    { kind: "program", name: "next_two", at: 2 },
  ]);
});

test("global data comes with its content, and BTF says where each variable lies", () => {
  const spec = readObject(compile("elf-kinds"));
  const data = (name: string): Uint8Array | undefined => spec.maps.find((map) => map.name === name)?.data;
  assert.equal(data(".bss"), undefined);
  assert.deepEqual(variables(spec, ".data", data(".data")!), { counter: "07000000", hidden: "09000000" });
  assert.deepEqual(variables(spec, ".rodata", data(".rodata")!), { limit: "64000000", greeting: "6869000000000000" });
  assert.deepEqual(variables(spec, ".data.shared", data(".data.shared")!), { shared: "05000000" });
  assert.deepEqual(Object.keys(variables(spec, ".bss", new Uint8Array(16))).sort(), ["quiet", "total"]);
});

function variables(spec: ObjectSpec, section: string, content: Uint8Array): Record<string, string> {
  const btf = new BtfReader(spec.btf);
  const datasec = btf.type(btf.find(section, "datasec")[0]!);
  assert.equal(datasec.kind, "datasec");
  if (datasec.kind !== "datasec") return {};
  assert.equal(datasec.size, content.length);
  return Object.fromEntries(
    datasec.variables.map(({ type, offset, size }) => {
      const variable = btf.type(type);
      return [
        "name" in variable ? variable.name : "",
        Buffer.from(content.subarray(offset, offset + size)).toString("hex"),
      ];
    }),
  );
}

test("programs come with their subprograms, types and source lines", () => {
  const spec = readObject(compile("elf-kinds"), { name: "kinds" });
  assert.equal(spec.name, "kinds");
  assert.equal(spec.license, "Dual BSD/GPL");
  assert.equal(spec.version, 0x060100);
  assert.deepEqual(spec.programs.map(({ name }) => name).sort(), ["first", "next_one", "next_two", "second"]);
  const first = spec.programs.find(({ name }) => name === "first")!;
  const second = spec.programs.find(({ name }) => name === "second")!;
  const starts = ({ instructions }: typeof first): string[] =>
    instructions.flatMap(({ label }) => (label === undefined || label.includes("+") ? [] : [label]));
  // In the order that libbpf appends them: at first use, each with what it uses itself behind it.
  assert.deepEqual(starts(first), ["first", "visible", "small", "each"]);
  assert.deepEqual(starts(second), ["second", "small"]);
  const btf = new BtfReader(spec.btf);
  for (const [label, id] of first.functions) {
    const type = btf.type(id);
    assert.ok(type.kind === "func" && type.name === label, label);
  }
  assert.deepEqual([...first.functions.keys()].sort(), ["each", "first", "small", "visible"]);
  const call = first.instructions.find(({ ref }) => ref?.kind === "call");
  assert.match(call!.source!.text, /value->count \+= visible\(counter\);/);
  assert.match(call!.source!.file, /elf-kinds\.c$/);
  assert.ok(first.instructions.every(({ source }) => source !== undefined));
});

test("references say what they are for", () => {
  const { programs } = readObject(compile("elf-kinds"));
  const refs = programs.flatMap(({ instructions }) =>
    instructions.flatMap(({ ref }) => (ref === undefined ? [] : [ref])),
  );
  const names = (kind: string): string[] =>
    [
      ...new Set(
        refs.flatMap((ref) => {
          if (ref.kind !== kind) return [];
          return ref.kind === "map"
            ? [ref.map]
            : ref.kind === "mapValue"
              ? [`${ref.map}+${ref.offset}`]
              : ref.kind === "ksym"
                ? [ref.symbol]
                : "label" in ref
                  ? [ref.label]
                  : [];
        }),
      ),
    ].sort();
  assert.deepEqual(names("map"), [
    "bloom",
    "elf_pinned",
    "empty_outer",
    "hash",
    "jumps",
    "numa",
    "outer",
    "ring",
    "sized",
  ]);
  assert.deepEqual(names("call"), ["small", "visible"]);
  assert.deepEqual(names("func"), ["each"]);
  assert.deepEqual(names("ksym"), ["not_there", "schedule"]);
  for (const place of [".data+0", ".data+4", ".rodata+0", ".data.shared+0", ".kconfig+0", ".kconfig+4"])
    assert.ok(names("mapValue").includes(place), place);
});

test("configuration values are laid out as libbpf lays them out", () => {
  const spec = readObject(compile("elf-kconfig"));
  const placed = spec.externs?.map((extern) =>
    extern.kind === "kconfig" ? [extern.name, extern.offset, extern.size, extern.weak] : [],
  );
  assert.deepEqual(placed, [
    ["CONFIG_HZ", 0, 8, false],
    ["CONFIG_IPV6", 8, 4, false],
    ["CONFIG_NOT_THERE", 12, 4, true],
    ["CONFIG_BPF_SYSCALL", 16, 1, false],
    ["CONFIG_LETTER", 17, 1, true],
    ["CONFIG_CC_VERSION_TEXT", 18, 64, true],
  ]);
  assert.equal(spec.maps.find(({ name }) => name === ".kconfig")?.valueSize, 82);
});

test("kernel functions and variables, strong and weak", () => {
  const spec = readObject(compile("elf-kernel-symbols"));
  const externs = Object.fromEntries(
    (spec.externs ?? []).map(({ kind, name, weak }) => [name, `${kind}${weak ? " weak" : ""}`]),
  );
  assert.deepEqual(externs, {
    runqueues: "ksym",
    schedule: "ksym",
    absent: "ksym weak",
    bpf_rcu_read_lock: "kfunc",
    bpf_rcu_read_unlock: "kfunc",
    bpf_task_from_pid: "kfunc weak",
    bpf_task_release: "kfunc weak",
  });
  const calls = spec.programs[0]!.instructions.filter(({ opcode, ref }) => opcode === 0x85 && ref?.kind === "ksym");
  assert.deepEqual(
    calls.map(({ src, ref }) => [src, ref?.kind === "ksym" && ref.symbol]),
    [
      [2, "bpf_rcu_read_lock"],
      [2, "bpf_rcu_read_unlock"],
      [2, "bpf_task_from_pid"],
      [2, "bpf_task_release"],
    ],
  );
  const btf = new BtfReader(spec.btf);
  for (const { kind, name, typeId } of spec.externs!)
    if (kind === "kfunc") assert.equal(btf.type(typeId).kind, "funcProto", name);
});

test("legacy maps of an object without BTF", () => {
  const spec = readObject(compile("elf-legacy", { debug: false }));
  assert.equal(spec.btf.length, 0);
  assert.deepEqual(
    spec.maps.map(({ name, type, keySize, valueSize, maxEntries, flags }) => [
      name,
      type,
      keySize,
      valueSize,
      maxEntries,
      flags,
    ]),
    [
      ["counts", "hash", 4, 8, 128, 1],
      ["slots", "array", 4, 16, 2, 0],
    ],
  );
  assert.deepEqual(
    spec.programs[0]!.instructions.flatMap(({ ref }) => (ref?.kind === "map" ? [ref.map] : [])),
    ["slots", "counts"],
  );
});

test("struct_ops: tables with their functions", () => {
  const spec = readObject(compile("elf-struct-ops"));
  const tables = spec.maps.map(({ name, type, flags, autocreate, valueSize, references }) => [
    name,
    type,
    flags,
    autocreate,
    valueSize,
    references?.map((entry) => [entry.name, entry.at]),
  ]);
  assert.deepEqual(
    tables.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    [
      [
        "linked",
        "struct_ops",
        0x2000,
        undefined,
        48,
        [
          ["table_ssthresh", 0],
          ["table_undo", 16],
        ],
      ],
      ["optional", "struct_ops", 0x2000, false, 48, [["table_ssthresh", 0]]],
      [
        "table",
        "struct_ops",
        0,
        undefined,
        48,
        [
          ["table_ssthresh", 0],
          ["table_avoid", 8],
          ["table_undo", 16],
        ],
      ],
    ],
  );
  const linked = spec.maps.find(({ name }) => name === "linked");
  assert.equal(Buffer.from(linked!.data!.subarray(24, 30)).toString(), "linked");
  assert.equal(linked!.data![40], 1);
});

test("the object kept for kernels without a compiler is what clang makes of its source", () => {
  const kept = readObject(new Uint8Array(readFileSync(path.join(TESTDATA, "elf-kinds.bpf.o"))));
  assert.deepEqual(kept, readObject(compile("elf-kinds")));
});

/**
 * Objects written by us, loaded by libbpf (bpftool, Debian's package): it must see in them what it
 * sees in clang's object that they were made from, and give the kernel the same instructions.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { exit, loadMapValue, mov64Imm, storeImm, withLabel, withSource } from "../asm/build.ts";
import { BtfBuilder } from "../btf/builder.ts";
import type { ObjectSpec } from "../spec/spec.ts";
import { readObject } from "./read/object.ts";
import { inTemporary, TESTDATA } from "./testing/objects.ts";
import { writeObject } from "./write/object.ts";

const BPFFS = "/sys/fs/bpf";
const PINS = `${BPFFS}/sonde-elf-test-${process.pid}`;
/** The one map of the object that libbpf pins by its name. */
const PINNED_MAP = `${BPFFS}/elf_pinned`;

interface Loaded {
  readonly status: number | null;
  readonly errors: string;
  /** By program: instructions as the kernel holds them, with maps as the verifier left them. */
  readonly programs: ReadonlyMap<string, string>;
}

function load(object: Uint8Array, names: readonly string[]): Loaded {
  if (!execFileSync("mount", { encoding: "utf8" }).includes(` ${BPFFS} `))
    execFileSync("mount", ["-t", "bpf", "bpf", BPFFS]);
  return inTemporary((folder) => {
    const file = path.join(folder, "object.o");
    writeFileSync(file, object);
    try {
      const { status, stderr } = spawnSync("bpftool", ["prog", "loadall", file, PINS], { encoding: "utf8" });
      const programs = status === 0 ? names.map((name): [string, string] => [name, dump(name)]) : [];
      return { status, errors: stderr, programs: new Map(programs) };
    } finally {
      rmSync(PINS, { recursive: true, force: true });
      rmSync(PINNED_MAP, { force: true });
    }
  });
}

/** Without what differs from load to load: the ids of maps and programs. */
function dump(name: string): string {
  const text = execFileSync("bpftool", ["prog", "dump", "xlated", "pinned", `${PINS}/${name}`], { encoding: "utf8" });
  return text.replace(/map\[id:\d+\]/g, "map").replace(/bpf_prog_[0-9a-f]{16}/g, "bpf_prog");
}

/** bpf_loop, the youngest thing that the object uses. */
const hasLoop = ((): boolean => {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return major > 5 || (major === 5 && minor >= 17);
})();

test("libbpf makes of what we write what it makes of clang's object", () => {
  const theirs = new Uint8Array(readFileSync(path.join(TESTDATA, "elf-kinds.bpf.o")));
  const spec = readObject(theirs, { name: "object" });
  const names = spec.programs.map(({ name }) => name);
  const want = load(theirs, names);
  const have = load(writeObject(spec), names);
  assert.equal(want.status === 0, hasLoop, want.errors);
  assert.equal(have.status, want.status, have.errors);
  for (const name of names)
    assert.equal(withoutSource(have.programs.get(name)), withoutSource(want.programs.get(name)), name);
});

/** Clang repeats a line where nothing changed; we do not. */
function withoutSource(dumped: string | undefined): string | undefined {
  return dumped?.replaceAll(/^; .*\n/gm, "");
}

test("CO-RE relocations survive being written", () => {
  const theirs = new Uint8Array(readFileSync(path.join(TESTDATA, "core-relocations.bpf.o")));
  const spec = readObject(theirs);
  const names = spec.programs.map(({ name }) => name);
  const relocations = (object: Uint8Array): string[] =>
    inTemporary((folder) => {
      const file = path.join(folder, "object.o");
      writeFileSync(file, object);
      const { stderr, stdout } = spawnSync("bpftool", ["-d", "prog", "load", file, `${PINS}-core`], {
        encoding: "utf8",
      });
      rmSync(`${PINS}-core`, { force: true });
      return `${stderr}${stdout}`.split("\n").filter((line) => /relo #\d+: (patched|substituting)/.test(line));
    });
  const want = relocations(theirs);
  assert.equal(names.length, 1);
  assert.equal(want.length >= 57, true, `${want.length} relocations`);
  assert.deepEqual(relocations(writeObject(spec)), want);
});

test("an object made by hand is loaded, and the kernel has its source lines and types", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, "signed");
  const main = builder.func("written", builder.funcProto(int, [{ name: "ctx", type: builder.ptr(0) }]), "global");
  const word = builder.int("u64", 8, "unsigned");
  const source = { file: "script.bt", line: 1, column: 1, text: "begin { @x = 7; }" };
  const spec: ObjectSpec = {
    name: "made",
    license: "GPL",
    btf: builder.encode(),
    maps: [
      {
        name: "x",
        type: "array",
        keySize: 4,
        valueSize: 8,
        maxEntries: 1,
        flags: 0,
        keyTypeId: int,
        valueTypeId: word,
      },
    ],
    programs: [
      {
        name: "written",
        type: "raw_tracepoint",
        title: "begin",
        attach: [{ kind: "run", when: "begin" }],
        functions: new Map([["written", main]]),
        instructions: [
          withLabel(withSource(loadMapValue(1, "x", 0), source), "written"),
          storeImm(8, 1, 0, 7),
          mov64Imm(0, 0),
          exit(),
        ],
      },
    ],
    manifest: {
      maps: [{ name: "@x", map: "x", keys: [], value: { kind: "count", perCpu: false }, maxEntries: 1 }],
      events: [],
      config: { printMapsOnExit: true, stackMode: "bpftrace" },
    },
  };
  const { status, errors, programs } = load(writeObject(spec), ["written"]);
  assert.equal(status, 0, errors);
  assert.match(
    programs.get("written")!,
    /; begin \{ @x = 7; \}\n +0: \(18\) r1 = map\[0\]\+0\n +2: \(7a\) \*\(u64 \*\)\(r1 \+0\) = 7\n/,
  );
});

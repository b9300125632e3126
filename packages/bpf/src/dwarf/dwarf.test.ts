import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { findMember, resolve, sizeOf } from "../btf/index.ts";
import { Dwarf, DwarfError, DwarfTypes } from "./index.ts";
import { build, sourceOf } from "./testing/programs.ts";

const folder = mkdtempSync(path.join(tmpdir(), "sonde-dwarf-"));
after(() => rmSync(folder, { recursive: true }));

/** The versions that compilers write, by both compilers, as a debugger wants it and optimized. */
const WAYS: readonly (readonly [name: string, compiler: string, ...options: string[]])[] = ["gcc", "clang-16"].flatMap(
  (compiler) =>
    ["2", "4", "5"].flatMap((version) =>
      ["0", "2"].map(
        (level) => [`${compiler}-${version}-O${level}`, compiler, `-gdwarf-${version}`, `-O${level}`] as const,
      ),
    ),
);
const MORE: typeof WAYS = [
  ["compressed", "gcc", "-g", "-O2", "-gz=zlib"],
  ["64-bit", "gcc", "-g", "-gdwarf64", "-O2"],
  ["type units 4", "gcc", "-gdwarf-4", "-fdebug-types-section"],
  ["type units 5", "gcc", "-g", "-fdebug-types-section"],
  ["with .debug_aranges", "clang-16", "-g", "-O2", "-gdwarf-aranges"],
  ["rows by the compiler", "gcc", "-g", "-O2", "-gno-as-loc-support"],
];
const programs = [...WAYS, ...MORE].map(([name, compiler, ...options]) => ({
  name,
  file: build(folder, name.replaceAll(" ", "-"), "dwarf-orders.c", compiler, ...options),
}));

/** The functions and lines at each address, the innermost first, by LLVM. */
function addr2line(file: string, addresses: readonly number[]): readonly (readonly string[])[] {
  const input = addresses.map((address) => `0x${address.toString(16)}\n`).join("");
  const text = execFileSync("llvm-addr2line-16", ["-a", "-i", "-f", "-e", file], { input, encoding: "utf8" });
  return text
    .split(/^0x\w+\n/m)
    .slice(1)
    .map((answer) =>
      answer
        .trim()
        .replace(/ \(discriminator \d+\)/g, "")
        .split("\n"),
    );
}

/** Every instruction of the functions of the source. */
function instructionsOf(file: string): readonly number[] {
  const text = execFileSync("objdump", ["-d", "--no-show-raw-insn", file], { encoding: "utf8" });
  const functions = [...text.matchAll(/^[0-9a-f]+ <(?:main|take)>:\n((?: .*\n)+)/gm)].map(([, body = ""]) => body);
  return functions.flatMap((body) =>
    [...body.matchAll(/^ +([0-9a-f]+):\t(?!nop|cs nop|data16|xchg)/gm)].map(([, at = ""]) => parseInt(at, 16)),
  );
}

for (const { name, file } of programs) {
  test(`${name}: lines and inlined functions of every instruction are those of addr2line`, () => {
    const dwarf = new Dwarf(sourceOf(file));
    const addresses = instructionsOf(file);
    assert.ok(addresses.length > 100);
    const want = addr2line(file, addresses);
    addresses.forEach((address, i) => {
      const have = dwarf.framesAt(address).flatMap((frame) => [String(frame.name), `${frame.file}:${frame.line}`]);
      assert.deepEqual(have, want[i], `0x${address.toString(16)}`);
      const line = dwarf.lineAt(address);
      assert.equal(`${line?.file}:${line?.line}`, want[i]?.[1]);
    });
  });

  test(`${name}: types lie as the compiler laid them out`, () => {
    const dwarf = new Dwarf(sourceOf(file));
    const types = new DwarfTypes(1000);
    const take = dwarf.functionAt(symbol(file, "take"));
    const order = types.named(dwarf.file, "order", "struct", take?.unit) ?? 0;
    let seen = 0;
    for (const line of execFileSync(file, { encoding: "utf8" }).trim().split("\n")) {
      const [record = "", member = "", ...rest] = line.split(" ");
      const outer = types.named(dwarf.file, record, "struct", take?.unit) ?? 0;
      const found = findMember(types, outer, member);
      assert.ok(found, line);
      if (rest[0] === "bits") assert.equal(bitsOf(found, (rest[1] ?? "").length / 2), rest[1], line);
      else assert.deepEqual([found.bitOffset / 8, sizeOf(types, found.type)], rest.map(Number), line);
      seen++;
    }
    assert.equal(seen, 19);
    const kinds = ["handler", "grid", "colour", "price", "hidden"].map(
      (member) => resolve(types, findMember(types, order, member)?.type ?? 0).kind,
    );
    assert.deepEqual(kinds, ["ptr", "array", "enum", "float", "ptr"]);
    const colour = types.named(dwarf.file, "colour", "enum");
    const values = colour === undefined ? undefined : types.type(colour);
    assert.deepEqual(
      values?.kind === "enum" && values.values.map(({ name: each, value }) => `${each}=${BigInt.asIntN(32, value)}`),
      ["RED=0", "GREEN=7", "BLUE=-1"],
    );
    const wide = types.named(dwarf.file, "wide", "enum");
    assert.deepEqual(wide && types.type(wide), {
      kind: "enum64",
      id: wide,
      name: "wide",
      size: 8,
      signed: false,
      values: [{ name: "FAR", value: 0x123456789abn }],
    });
  });
}

/** The bytes that are set where a bit field is all ones. */
function bitsOf(
  { bitOffset, bitSize }: { readonly bitOffset: number; readonly bitSize: number },
  bytes: number,
): string {
  const mask = ((1n << BigInt(bitSize)) - 1n) << BigInt(bitOffset);
  return Array.from({ length: bytes }, (_, i) =>
    Number((mask >> BigInt(i * 8)) & 0xffn)
      .toString(16)
      .padStart(2, "0"),
  ).join("");
}

function symbol(file: string, name: string): number {
  return parseInt(
    new RegExp(`^(\\w+) T ${name}$`, "m").exec(execFileSync("nm", [file], { encoding: "utf8" }))?.[1] ?? "",
    16,
  );
}

test("what is asked for is found by name: inlined copies, and statements of a line", () => {
  for (const { name, file } of programs.filter(({ name: each }) => each.endsWith("-O2"))) {
    const dwarf = new Dwarf(sourceOf(file));
    const copies = execFileSync("llvm-dwarfdump-16", ["--name=twice", file], { encoding: "utf8" })
      .split("DW_TAG_inlined_subroutine")
      .slice(1);
    const want = copies.map((copy) => Number(/(?:entry|low)_pc\s+\((\w+)\)/.exec(copy)?.[1]));
    assert.equal(want.length, 2, name);
    assert.deepEqual(
      dwarf.inlinedAt("twice").map(({ address }) => address),
      want.sort((a, b) => a - b),
      name,
    );
    const stops = dwarf.stops("testdata/dwarf-orders.c", 76);
    assert.equal(stops.addresses.length, 1, name);
    assert.match(addr2line(file, stops.addresses)[0]?.join(" ") ?? "", /take .*dwarf-orders.c:76$/, name);
    assert.deepEqual(dwarf.stops("dwarf-orders.c", 72), { addresses: [], known: true, next: 74 }, name);
    assert.deepEqual(dwarf.stops("orders.c", 76), { addresses: [], known: false, next: undefined }, name);
  }
});

test("functions and types that are kept apart are refused with what to do; their lines are there", () => {
  const file = build(folder, "split", "dwarf-orders.c", "gcc", "-g", "-gsplit-dwarf", "-O0");
  const dwarf = new Dwarf(sourceOf(file));
  const take = symbol(file, "take");
  assert.equal(`${dwarf.lineAt(take)?.line}`, addr2line(file, [take])[0]?.[1]?.split(":")[1]);
  assert.throws(
    () => dwarf.functionAt(take),
    (error: unknown) =>
      error instanceof DwarfError &&
      /kept apart in .*split-dwarf-orders.dwo \(-gsplit-dwarf\), which is not read: compile without it/.test(
        error.message,
      ),
  );
});

test("what dwz moved to a file of its own is followed, or refused with what is missing", () => {
  const [first, second] = ["one", "two"].map((name) =>
    build(folder, `dwz-${name}`, "dwarf-orders.c", "gcc", "-gdwarf-4", "-O2"),
  ) as [string, string];
  const take = symbol(first, "take");
  const want = addr2line(second, [take])[0];
  const shared = path.join(folder, "shared.debug");
  execFileSync("dwz", ["-L", "none", "-l", "none", "-m", shared, first, second], { cwd: folder });
  const dwarf = new Dwarf(sourceOf(first, shared));
  assert.deepEqual(
    dwarf.framesAt(take).flatMap(({ name, file, line }) => [name, `${file}:${line}`]),
    want,
  );
  const alone = new Dwarf(sourceOf(first));
  assert.throws(() => dwarfNames(alone, take), /shared with others \(dwz, .gnu_debugaltlink\) that is not installed/);
});

function dwarfNames(dwarf: Dwarf, address: number): unknown {
  return [dwarf.framesAt(address), dwarf.functionAt(address)?.type?.name];
}

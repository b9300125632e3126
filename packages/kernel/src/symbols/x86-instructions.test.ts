import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { instructionAt } from "./instructions.ts";
import { instructionLength } from "./x86-instructions.ts";

const folder = mkdtempSync(`${tmpdir()}/sonde-instructions-`);
after(() => rmSync(folder, { recursive: true }));

/** Every instruction that objdump sees, but for prefixes that stand alone and FPU instructions that it joins a wait to. */
function* disassembled(
  file: string,
  ...options: readonly string[]
): Iterable<{ address: number; bytes: readonly number[]; text: string }> {
  const output = execFileSync("objdump", ["-d", "-w", ...options, file], { encoding: "utf8", maxBuffer: 1 << 28 });
  for (const [, address = "", hex = "", text = ""] of output.matchAll(
    /^ +([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t?(.*)$/gm,
  )) {
    const bytes = hex
      .trim()
      .split(" ")
      .map((byte) => parseInt(byte, 16));
    const isWhole = !text.includes("(bad)") && !text.startsWith(".byte") && bytes[0] !== 0x9b;
    if (isWhole && !/^(rex\S*|data16|repz|repnz|lock|addr32|[cdefgs]s)\s*$/.test(text.trim()))
      yield { address: parseInt(address, 16), bytes, text };
  }
}

function compare(file: string, ...options: readonly string[]): number {
  let count = 0;
  for (const { bytes, text } of disassembled(file, ...options)) {
    const length = instructionLength(Uint8Array.from([...bytes, ...Array.from({ length: 16 }, () => 0)]), 0);
    assert.equal(length, bytes.length, `${bytes.map((byte) => byte.toString(16)).join(" ")}  ${text}`);
    count++;
  }
  return count;
}

test(
  "the C library's instructions are as long as objdump says",
  { skip: process.arch !== "x64" && "of x86-64" },
  () => {
    const count = compare(
      "/lib/x86_64-linux-gnu/libc.so.6",
      "-j",
      ".text",
      "--start-address=0x90000",
      "--stop-address=0xf0000",
    );
    assert.ok(count > 50_000, String(count));
  },
);

const VECTORS = `
  double sum(const double *a, long n) { double s = 0; for (long i = 0; i < n; i++) s += a[i] * a[i + 1]; return s; }
  void shuffle(unsigned *a, unsigned *b, long n) { for (long i = 0; i < n; i++) a[i] = (a[i] >> 7 | a[i] << 25) ^ __builtin_popcount(b[i]); }
  void bytes(unsigned char *a, const short *b, long n) { for (long i = 0; i < n; i++) a[i] = b[i] > 9 ? b[i] * 3 : a[i] & 5; }
  float mixed(const float *a, const int *b, long n) { float s = 1; for (long i = 0; i < n; i++) s = a[i] > s ? a[i] / b[i] : s + b[i]; return s; }
  __int128 wide(__int128 a, long b) { return a * b + (a >> 3) + __builtin_bswap64(b); }
  int main(void) { return 0; }
`;

for (const machine of ["x86-64", "haswell", "icelake-server", "znver3"]) {
  test(
    `instructions for ${machine} are as long as objdump says`,
    { skip: process.arch !== "x64" && "of x86-64" },
    () => {
      writeFileSync(`${folder}/vectors.c`, VECTORS);
      execFileSync("gcc", [
        "-O3",
        "-ffast-math",
        `-march=${machine}`,
        "-o",
        `${folder}/${machine}`,
        `${folder}/vectors.c`,
      ]);
      assert.ok(compare(`${folder}/${machine}`, "-j", ".text") > 300);
    },
  );
}

test("the instruction around every byte of a function", () => {
  writeFileSync(`${folder}/vectors.c`, VECTORS);
  const program = `${folder}/plain`;
  execFileSync("gcc", ["-O2", "-no-pie", "-Wl,-Ttext-segment=0x400000", "-o", program, `${folder}/vectors.c`]);
  const symbol = "bytes";
  const start = parseInt(
    new RegExp(`^(\\w+) T ${symbol}$`, "m").exec(execFileSync("nm", [program], { encoding: "utf8" }))?.[1] ?? "",
    16,
  );
  let seen = 0;
  for (const { address, bytes } of disassembled(program, `--disassemble=${symbol}`)) {
    for (let at = 0; at < bytes.length; at++) {
      const distance = address - start;
      const want = { start: distance, end: distance + bytes.length };
      assert.deepEqual(instructionAt(program, { symbol, offset: distance + at }), want);
      // Without a symbol: the text segment of such a program is loaded 0x400000 above its place in the file.
      const inFile = address - 0x400000;
      assert.deepEqual(instructionAt(program, { offset: inFile + at }), { start: inFile, end: inFile + bytes.length });
      seen++;
    }
  }
  assert.ok(seen > 50);
  assert.equal(instructionAt(program, { symbol: "nowhere", offset: 0 }), undefined);
  assert.equal(instructionAt(program, { offset: 8 }), undefined);
});

test("what is no instruction has no length", () => {
  for (const bytes of [[], [0x06], [0x0f], [0x48], [0xe8, 1, 2], [0x62, 1, 2], Array.from({ length: 16 }, () => 0x66)])
    assert.equal(instructionLength(Uint8Array.from(bytes), 0), undefined, String(bytes));
});

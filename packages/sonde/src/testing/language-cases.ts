/** Handlers of one construct each, with what they leave: run by the interpreter and, as what it must accept, by the verifier. */

const HEAD: string = `import {
  array, counter, decode, global, hash, interval, ktime, loop, monitor, param, perCpuArray, range, s32, s64, stream, u8, u16, u32, u64,
  comm, pid, tid, uid, cpu, byteSwap, type text, type array as list,
} from "sonde/probe";
monitor("language");
const out = array<s64>({ maxEntries: 8 });
const seen = global<u64>(0);
const ages = hash<u32, u64>();
const points = hash<{ x: u32; y: u64 }, { count: u64; last: s32; tags: list<u32, 4> }>();
const names = hash<text<16>, u32>();
enum Kind { A, B = 7, C }
const LIMIT = 5;
const TABLE = [3, 1, 2];
const SIGNED = [-12, 300, 0];
const WIDE = [2 ** 40, 1];
const WORDS = ["one", "three"];
const FLAGS = [true, false];
const CAST = (LIMIT + 1) as number;
const CHECKED = (TABLE[5] ?? (LIMIT + 2))! satisfies number;
const SETTINGS = { depth: { most: 3 }, name: "sonde" };
function double(x: u64): u64 { return x * 2; }
const add = (a: u64, b: u64 = 10) => a + b;
function sign(x: s64): number { if (x < 0) return -1; if (x === 0) return 0; return 1; }
function pair(x: u64) { return { low: x & 0xff, high: x >> 8 }; }
function mix(a: u64, b: u64): u64 {
  let h: u64 = a ^ 0x9e37;
  h = h * 31 + b;
  h ^= h >> 7;
  h = h * 17 + (a & b);
  if (h === 12345) return 0;
  if (ktime() === 0) h += ages.get(77) ?? 1;
  h = (h << 3) ^ (h >> 5);
  h = h * 7 + pid();
  return h & 0xffff;
}
function note(slot: u64, value: s64): void {
  if (value < 0) { out.set(slot, -value); return; }
  let sum: s64 = value;
  for (const i of range(3)) { sum += i * value; if (sum > 1000) break; }
  points.set({ x: 1, y: slot }, { count: 1, last: s32(value), tags: [1, 2, 3, 4] });
  const p = points.get({ x: 1, y: slot });
  if (p === undefined) return;
  out.set(slot, sum + p.count + (ages.get(5) ?? 0) + (ages.get(6) ?? 0));
}
function find(key: u32) { return ages.get(key); }
`;

/** What `out.set(0, ...)` of the body leaves. */
export const CASES: readonly (readonly [body: string, want: number | bigint])[] = [
  ["out.set(0, 1 + 2 * 3);", 7],
  ["let x: u64 = 5; x += 2; x *= 3; out.set(0, x);", 21],
  ["let x: u64 = 7; out.set(0, x / 2);", 3],
  ["let x: s64 = -7; out.set(0, x / 2);", -3],
  ["let x: s64 = -7; out.set(0, x % 4);", -3],
  ["let x: u32 = 0xffff_ffff; x += 1; out.set(0, x);", 0],
  ["let x: u8 = 200; x += 100; out.set(0, x);", 44],
  ["const x = u32(0xffff_ffff); out.set(0, x + 1);", 0x1_0000_0000],
  ["let x: u64 = 1; out.set(0, x << 40);", 2 ** 40],
  ["let x: s64 = -16; out.set(0, x >> 2);", -4],
  ["let x: u64 = 0xf0; out.set(0, (x & 0x3c) | 1);", 0x31],
  ["let x: u64 = 6; out.set(0, x ^ 3);", 5],
  ["let x: s64 = 0; out.set(0, ~x);", -1],
  ["let x: s64 = 5; out.set(0, -x);", -5],
  ["let x: u64 = 5; x++; ++x; x--; out.set(0, x);", 6],
  ["let x: u64 = 5; out.set(0, x++ * 10 + x);", 56],
  ["let x: u64 = 5; out.set(0, ++x * 10 + x);", 66],
  ["out.set(0, Kind.C);", 8],
  ["out.set(0, CAST * 10 + CHECKED);", 67],
  ["out.set(0, LIMIT + SETTINGS.depth.most);", 8],
  ["out.set(0, TABLE[0] * 100 + TABLE.length);", 303],
  ["out.set(0, u64(0xcbf2_9ce4n));", 0xcbf2_9ce4],
  ["if (ktime() > 0) out.set(0, 1); else out.set(0, 2);", 1],
  ["let x: u64 = 3; if (x > 2 && x < 4) out.set(0, 1);", 1],
  ["let x: u64 = 3; if (x > 5 || x === 3) out.set(0, 1);", 1],
  ["let x: u64 = 3; if (!(x > 5)) out.set(0, 1);", 1],
  ["let x: u64 = 3; const big = x > 2; out.set(0, big ? 10 : 20);", 10],
  ["let x: u64 = 3; out.set(0, x > 2 ? (x > 10 ? 1 : 2) : 3);", 2],
  ["let x: s64 = -1; out.set(0, x < 0 ? 1 : 0);", 1],
  ["let x: s64 = -1; let y: u64 = 1; out.set(0, x < y ? 1 : 0);", 1],
  [
    "let x: u64 = 2; switch (x) { case 1: out.set(0, 10); break; case 2: case 3: out.set(0, 20); break; default: out.set(0, 30); }",
    20,
  ],
  ["let x: u64 = 9; switch (x) { case 1: out.set(0, 10); break; default: out.set(0, 30); }", 30],
  ["let s: u64 = 0; for (let i = 0; i < 5; i++) s += i; out.set(0, s);", 10],
  ["let s: u64 = 0; for (const i of range(4)) s += i; out.set(0, s);", 6],
  ["let s: u64 = 0; for (const i of range(2, 5)) s += i; out.set(0, s);", 9],
  [
    "let s: u64 = 0; for (const i of range(10)) { if (i === 3) continue; if (i === 6) break; s += i; } out.set(0, s);",
    12,
  ],
  ["let s: u64 = 0; for (const t of TABLE) s = s * 10 + t; out.set(0, s);", 312],
  ["let s: u64 = 0; let n: u64 = 0; while (n < 4) { s += n; n++; } out.set(0, s);", 6],
  ["let n: u64 = 0; do { n++; } while (n < 3); out.set(0, n);", 3],
  [
    "let s: u64 = 0; outer: for (const i of range(4)) for (const j of range(4)) { if (j === 2) continue outer; if (i === 3) break outer; s++; } out.set(0, s);",
    6,
  ],
  ["out.set(0, double(4) + double(1));", 10],
  ["out.set(0, add(1) + add(1, 2));", 14],
  ["let x: s64 = -4; out.set(0, sign(x) * 100 + sign(0) * 10 + sign(3));", -99],
  ["const { low, high } = pair(0x1234); out.set(0, low * 1000 + high);", 0x34 * 1000 + 0x12],
  ["const twice = (n: u64) => n + n; out.set(0, twice(twice(3)));", 12],
  ["const [a, b] = [4, 5]; out.set(0, a * 10 + b);", 45],
  ["const o = { a: 1, b: { c: 2 } }; out.set(0, o.a + o.b.c);", 3],
  ["const o = { a: 1, b: 2 }; o.a = 5; o.b += 3; out.set(0, o.a * 10 + o.b);", 55],
  ["const base = { x: 1, y: 2 }; const o = { ...base, y: 3 }; out.set(0, o.x * 10 + o.y);", 13],
  ["out.set(0, Math.min(3, 5) * 10 + Math.max(ktime() - ktime(), 7));", 37],
  ["ages.set(7, 70); const v = ages.get(7); if (v === undefined) return; out.set(0, v);", 70],
  ["const v = ages.get(8); if (v === undefined) { out.set(0, -1); return; } out.set(0, v);", -1],
  ["const v = ages.get(8); if (v !== undefined) out.set(0, v); else out.set(0, -2);", -2],
  ["ages.set(7, 70); const v = ages.get(7); if (v !== undefined && v > 60) out.set(0, v);", 70],
  ["const v = ages.get(7); if (v === undefined || v > 60) { out.set(0, 1); return; } out.set(0, v);", 1],
  ["out.set(0, (ages.get(9) === 4 ? 1 : 2) * 10 + (ages.get(9) !== 4 ? 1 : 2));", 21],
  ["ages.set(9, 4); const v = ages.get(9); if (v === 4) out.set(0, v);", 4],
  ["ages.set(9, 5); const v = ages.get(9); if (v !== 5) return; out.set(0, v + 1);", 6],
  ["out.set(0, ages.get(9) ?? 42);", 42],
  ["ages.set(9, 1); out.set(0, ages.get(9) ?? 42);", 1],
  ["ages.set(1, 5); const v = ages.take(1); out.set(0, (v ?? 0) * 10 + (ages.has(1) ? 1 : 0));", 50],
  ["ages.set(1, 5); const old = ages.get(1); ages.set(1, 6); if (old === undefined) return; out.set(0, old);", 5],
  ["ages.increment(3); ages.increment(3, 4); out.set(0, ages.get(3) ?? 0);", 5],
  ["ages.set(1, 5); out.set(0, ages.delete(1) ? 1 : 0);", 1],
  ["ages.set(2, 22); const v = find(2); if (!v) return; out.set(0, v);", 22],
  [
    "points.set({ x: 1, y: 2 }, { count: 1, last: -5, tags: [1, 2, 3, 4] }); const p = points.get({ x: 1, y: 2 }); if (!p) return; p.count += 4; p.last = -7; p.tags[2] = 9; const q = points.get({ x: 1, y: 2 }); if (!q) return; out.set(0, q.count * 1000 + q.last * -100 + q.tags[2]);",
    5709,
  ],
  ["out.set(0, points.get({ x: 9, y: 9 })?.count ?? 17);", 17],
  [
    "points.set({ x: 3, y: 3 }, { count: 8, last: 0, tags: [0, 0, 0, 0] }); out.set(0, points.get({ x: 3, y: 3 })?.count ?? 17);",
    8,
  ],
  [
    "points.set({ x: 1, y: 1 }, { count: 6, last: 1, tags: [1, 1, 1, 1] }); const p = points.take({ x: 1, y: 1 }); if (p === undefined) return; out.set(0, p.count * 10 + (points.has({ x: 1, y: 1 }) ? 1 : 0));",
    60,
  ],
  ["seen.value += 3; seen.value++; out.set(0, seen.value);", 4],
  ['const name = comm(); if (name === "task") out.set(0, 1);', 1],
  ['if (comm() !== "bash") out.set(0, 2);', 2],
  ['names.set(comm(), 3); out.set(0, names.get("task") ?? 0);', 3],
  ["const t = comm(); out.set(0, t[0]);", "t".charCodeAt(0)],
  ['out.set(0, SETTINGS.name === "sonde" ? 1 : 2);', 1],
  ['out.set(0, `${SETTINGS.name}!` === "sonde!" ? 1 : 2);', 1],
  ["out.set(0, pid() + tid() + uid() + cpu());", 2000],
  ["let x: u32 = 0x01020304; out.set(0, byteSwap(x));", 0x04030201],
  ["const x = u16(0x12345); out.set(0, x);", 0x2345],
  ["let x: u64 = 0xffff; out.set(0, s32(x << 16));", -65536],
  [
    "const f = (n: u64): u64 => { for (const i of range(8)) { if (i === n) return i * 2; } return 99; }; out.set(0, f(3) + f(20));",
    105,
  ],
  ["const xs = [1, 2, 3]; let s: u64 = 0; for (const x of xs) s += x; out.set(0, s);", 6],
  ["let i: u64 = 1; i += pid(); out.set(0, (TABLE[i - 1000] ?? 7) * 10 + (TABLE[i] ?? 9));", 19],
  ["let s: u64 = 0; for (const i of range(5)) s = s * 10 + (SIGNED[i] ?? 8); out.set(0, s);", 180_088],
  ["const v = WIDE[cpu()]; if (v === undefined) return; out.set(0, v);", 2 ** 40],
  ['const n = WORDS[cpu() + 1]; if (n === undefined) return; out.set(0, n === "three" ? 1 : 2);', 1],
  ["const n = WORDS[cpu() + 5]; out.set(0, n === undefined ? 1 : 2);", 1],
  ["out.set(0, FLAGS[cpu()] ? 1 : 2);", 1],
  ["let s: u64 = 0; loop(1000, (i) => { s += i; }); out.set(0, s);", 499_500],
  ["let s: u64 = 0; loop(1000, (i) => { if (i === 10) return true; s += i; return false; }); out.set(0, s);", 45],
  ["const k = pid(); let s: u64 = 0; loop(3, (i) => { loop(4, (j) => { s += i * j * k; }); }); out.set(0, s);", 18_000],
  ["const o = { a: 1, b: 2 }; o.a = 5; loop(3, () => { o.a += o.b; }); out.set(0, o.a);", 11],
  ['const name = comm(); let n: u64 = 0; loop(4, () => { if (name === "task") n++; }); out.set(0, n);', 4],
  ["ages.set(1, 7); loop(5, (i) => { const v = ages.get(i); if (v === undefined) return; out.set(0, v); });", 7],
  [
    "points.set({ x: 1, y: 2 }, { count: 1, last: 0, tags: [1, 2, 3, 4] }); const p = points.get({ x: 1, y: 2 }); if (!p) return; loop(10, (i) => { p.count += i; }); out.set(0, p.count);",
    46,
  ],
  ["out.set(0, mix(3, 4) * 65536 + mix(5, 6));", Number(mix(3n, 4n) * 65536n + mix(5n, 6n))],
  ["let x: s64 = -4; note(1, x); note(0, 5); out.set(0, (out.get(0) ?? 0) * 10 + (out.get(1) ?? 0));", 214],
  [
    "let s: u64 = 0; loop(3, (i) => { s += mix(i, 2); }); s += mix(9, 9); out.set(0, s);",
    Number([0n, 1n, 2n].reduce((sum, i) => sum + mix(i, 2n), mix(9n, 9n))),
  ],
  ['out.set(0, "depth" in SETTINGS ? 1 : 2);', 1],
  ['const o = { a: 1 }; out.set(0, "b" in o ? 1 : 2);', 2],
  ["const a = true, b = ktime() > 0; out.set(0, a && b ? 1 : 0);", 1],
];

/** The same in JavaScript's own whole numbers, cut to 64 bits. */
function mix(a: bigint, b: bigint): bigint {
  const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
  let h = u64((a ^ 0x9e37n) * 31n + b);
  h ^= h >> 7n;
  h = u64(h * 17n + (a & b));
  h = u64(h << 3n) ^ (h >> 5n);
  return u64(h * 7n + 1000n) & 0xffffn;
}

/** A monitor with a handler for each body. */
export function casesText(bodies: readonly string[]): string {
  return [HEAD, ...bodies.map((body) => `interval({ seconds: 1 }, () => {\n  ${body}\n});`)].join("\n");
}

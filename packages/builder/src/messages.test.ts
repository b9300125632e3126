/** Every message of the TypeScript front end: a program that is wrong, the place that is shown («marked»), and what is said. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { buildMonitor, buildTarget } from "@sonde/builder";

const HEAD = `import {
  array, btfTracepoint, counter, decode, exp2, fentry, fixed, gauge, global, hash, histogram, interval, iterator, kprobe, ktime, loop, linear, monitor, param, perCpuHash,
  range, readUser, readUserString, stream, structOps, tracepoint, u16, u32, u64, s64, comm, byteSwap, profile, perfEvent, uprobe, usdt, xdp,
  cgroup, netfilter, tc,
  type KernelStructs,
  timer, type text, type array as list, type kernelStack,
} from "sonde/probe";
monitor("wrong");
const ages = hash<u32, u64>();
const points = hash<{ x: u32; y: u64 }, { count: u64; name: text<16> }>();
const slots = array<u64>({ maxEntries: 4 });
const calls = counter("calls", { labels: { op: decode.text } });
const sizes = histogram("sizes", { buckets: exp2(0, 10) });
const level = gauge("level");
const log = stream("log", { what: decode.text, n: decode.int });
const seen = global<u64>(0);
const limit = param("limit", 5);
let counted = 0;
`;

/** In a handler. */
const handlers: readonly (readonly [code: string, body: string, message: RegExp, hint?: RegExp])[] = [
  ["SND3301", "«try { seen.value = 1; } catch {}»", /try can't run in the kernel/, /nothing throws/],
  ["SND3301", "«throw 1;»", /throw can't run/, /return/],
  ["SND3301", "«for (const k in { a: 1 }) {}»", /for\.\.\.in can't run/, /range/],
  ["SND3301", "«var x = 1;»", /var can't run/, /const or let/],
  ["SND3301", "const x = «new Map()»;", /new can't run/, /declare maps/],
  ["SND3301", "const x = «this»;", /this can't run/],
  ["SND3301", "class «»X {}", /a class can't run/, /functions/],
  ["SND3301", "const x = «/a/»;", /a regular expression can't run/],
  ["SND3301", "const x = «typeof seen»;", /typeof can't run/],
  ["SND3301", "const o = { a: 1 }; «delete o.a»;", /delete can't run/, /map\.delete/],
  ["SND3301", 'const x = «"a" in [1]»;', /in can't run/, /map\.has/],
  ["SND3301", 'const x = «"a" in ages»;', /in can't run/, /map\.has/],
  ["SND3328", "const x = «comm()» in { a: 1 };", /the name of a field must be known/],
  ["SND3301", "let x: u64 = 2; x = «x ** 2»;", /the operator \*\* can't run/, /shift/],
  ["SND3301", "let x: u64 = 2; «x ||= 3»;", /the operator \|\|= can't run/, /write an if/],
  ["SND3301", "const o = { «[comm()]: 1» };", /a computed field/],
  ["SND3301", "const o = { «f() { return 1; }» };", /a method/],
  ["SND3301", "const xs = [1, «...[2]»];", /spread/],
  ["SND3301", "const { a, «...rest» } = { a: 1, b: 2 };", /the rest of an object/],
  ["SND3301", "const v = ages.get(1); seen.value = «v!»;", /a claim that something is there/, /test it/],
  ["SND3301", 'const x = «comm() + "!"»;', /\+ on texts/, /fields of their own/],
  ["SND3301", "const x = `n=${«seen.value»}`;", /a text made of values/, /fields/],
  ["SND3301", 'if («comm() < "b"») return;', /< on texts/, /===/],
  ["SND3301", "«for (;;) {}»", /a loop without an end/, /range\(64\)/],
  ["SND3301", "for (const x of «seen.value») {}", /a loop over this/, /range/],
  ["SND3301", "«console.log(1)»;", /console can't run/, /stream/],
  ["SND3301", "«range(3)»;", /range\(\) outside of a loop/],
  ["SND3301", "const f = «async () => 1»; f();", /an async function/],
  ["SND3301", "const f = «function* () {}»; f();", /a generator/],
  ["SND3301", "let a: u64 = 1; let b: u64 = 2; «[a, b]» = [b, a];", /several names at once/],
  ["SND3301", "let x: u64 = 1; x = «x / 0»;", /a division by zero/],
  ["SND3301", "«calls.observe(1)»;", /observe\(\) of a counter/, /increment, add/],
  ["SND3301", "«slots.take(1)»;", /take\(\) on an array/],
  ["SND3301", "«points.increment({ x: 1, y: 1 })»;", /increment\(\) of/],
  ["SND3301", "const x = «byteSwap(comm()[0])»;", /byteSwap\(\) of this/, /u16/],
  ["SND3302", "seen.value = «agess».get(1);", /agess is not defined/, /did you mean ages/],
  ["SND3303", "const o = { alpha: 1 }; seen.value = o.«alhpa»;", /has no field alhpa/, /did you mean alpha/],
  ["SND3303", "ages.«put»(1, 2);", /ages has no field put\(\)/, /get, set/],
  ["SND3303", "const p = points.get({ x: 1, y: 1 }); if (!p) return; p.«cuont» = 1;", /has no field cuont/],
  ["SND3303", "seen.«valeu»;", /seen has no field valeu/, /seen\.value/],
  ["SND3332", "const f = (x: u64) => x; loop(2, «() => { seen.value = f(1); }»);", /f can't be used/, /in the module/],
  ["SND3313", "«loop(2)»;", /takes 2 arguments, not 1/],
  ["SND3306", "loop(2, (i) => «i»);", /can't be stored as boolean/],
  ["SND3312", "loop(2, «5»);", /can't be called/],
  ["SND3322", "loop(2, () => {}); «»return 5;", /nothing to answer/],
  ["SND3304", "const v = ages.get(1); seen.value = «v» + 1;", /v may be undefined here/, /test it first/],
  ["SND3304", "seen.value = «points.get({ x: 1, y: 1 })».count;", /may be undefined here/],
  ["SND3304", "if (ages.get(1) === undefined) return; const v = ages.get(1); seen.value = «v»;", /v may be undefined/],
  ["SND3305", "seen.value = «comm()» * 2;", /is not a number/],
  ["SND3306", "calls.increment(«{ op: 5 }»);", /5 can't be stored as text<16>/],
  ["SND3306", "points.set({ x: 1, y: 1 }, «5»);", /can't be stored as \{ count: u64; name: text<16> \}/],
  ["SND3307", "points.set(«{ x: 0x1_0000_0000, y: 1 }», { count: 1, name: comm() });", /4294967296 does not fit u32/],
  ["SND3307", "let x: u16 = «70000»; x++;", /70000 does not fit u16/],
  [
    "SND3308",
    'calls.increment(«{ op: "a text that is much too long" }»);',
    /a text of 28 bytes is longer than the 16/,
    /decode\.text\(28\)/,
  ],
  ["SND3309", "points.set(«{ x: 1 }», { count: 1, name: comm() });", /the field y of .* is missing/],
  ["SND3310", "points.set(«{ x: 1, y: 2, z: 3 }», { count: 1, name: comm() });", /has no field z/],
  ["SND3312", "«parseInt(comm())»;", /parseInt can't be called/],
  ["SND3312", "«Math.sin(1)»;", /Math\.sin can't be called/],
  ["SND3313", "«ages.get()»;", /get\(\) takes one argument, not 0/],
  ["SND3313", "«ktime(1)»;", /ktime\(\) takes no arguments, not 1/],
  ["SND3314", "const f = (n: u64): u64 => n === 0 ? 0 : «f(n - 1)»; f(3);", /f|the function calls itself/, /loop/],
  ["SND3315", "«counted» += 1;", /counted can't be changed in a handler/, /global<u64>/],
  ["SND3315", "const x = 1; «x» = 2;", /x can't be changed/],
  ["SND3315", "«limit» = 3;", /limit can't be changed/],
  ["SND3316", "const t = comm(); «t.size» = 5;", /t\.size can't be changed/],
  ["SND3317", "const d = ktime() - 5; if («d < 0») return;", /d < 0 never holds/, /s64/],
  ["SND3318", "if («seen.value == 1») return;", /== compares after conversions/, /===/],
  ["SND3319", "seen.value = «0.5»;", /0\.5 is not a whole number/, /smaller unit/],
  ["SND3320", "seen.value = «0xffff_ffff_ffff_ffff»;", /beyond what a number/, /bigint/],
  ["SND3322", "return «5»;", /has nothing to answer/, /without a value/],
  ["SND3324", "«calls.increment()»;", /the label op of the metric calls has no value/, /op:/],
  ["SND3324", "log.emit(«{ what: comm() }»);", /the label n of the stream log/],
  ["SND3325", 'calls.increment(«{ op: "x", pid: 1 }»);', /has no label pid/, /it has op/],
  ["SND3326", "for (const i of «range(100000)») {}", /100000 turns/],
  ["SND3328", "let i: u64 = 0; i++; const xs = [1, 2]; seen.value = xs[«i»];", /the index of a list must be known/],
  ["SND3328", "seen.value = «readUser(5)»;", /the type that readUser<TYPE>\(\) reads/],
  ["SND3328", "let n: u64 = 5; n++; log.emit({ what: readUserString(5, «n»), n });", /the size of a text/],
  [
    "SND3329",
    "let x: u64 = 1; x++; switch (x) { «case 1: seen.value = 1;» case 2: seen.value = 2; }",
    /runs on into the next/,
    /break/,
  ],
  ["SND3330", 'let x: u64 = 1; x++; const y = «x > 1 ? 5 : "a"»;', /the two sides are of different kinds/],
];

/** In the module. */
const modules: readonly (readonly [code: string, text: string, message: RegExp, hint?: RegExp])[] = [
  ["SND3001", "const x = «;»", /this is not TypeScript/],
  ["SND3002", "«namespace N { export const a = 1; }»", /a namespace is more than a type/],
  ["SND3002", "class C { «private x = 1;» }", /class member/],
  ["SND3101", "const m = hash<«u46», u64>();", /unknown type u46/, /did you mean u/],
  ["SND3102", "const m = hash<«s8», u64>();", /s8 is not imported/, /import/],
  ["SND3103", "const m = hash<«number», u64>();", /number says nothing about its size/, /u32/],
  ["SND3103", "const m = hash<u32, «string»>();", /string says nothing/, /text<16>/],
  ["SND3104", "const m = hash<u32, «() => void»>();", /no type for a key/],
  ["SND3105", "const m = hash<{ «a?: u32» }, u64>();", /can't be optional/],
  ["SND3106", "type A = { a: A }; const m = hash<A, u64>();", /contains itself/],
  ["SND3107", "type B<T> = { b: T }; const m = hash<«B<u32>», u64>();", /takes types of its own/],
  ["SND3108", "const m = hash<text<«0»>, u64>();", /text needs a length/],
  ["SND3201", '«counter("a b")»;', /"a b" is not a name/],
  ["SND3201", '«histogram("h", {})»;', /it has no buckets/, /exp2/],
  ["SND3207", "const b = «»fixed(5, 3);", /fixed\(5, 3\): 1 to 100 whole numbers that rise/],
  ["SND3201", '«counter("c", { unit: "parsecs" })»;', /not a unit/, /nanoseconds/],
  ["SND3201", '«counter("c", { lables: {} })»;', /no option lables/, /labels/],
  ["SND3201", '«counter("c", { labels: { a: 1 } })»;', /the label a has no decoder/, /decode/],
  ["SND3201", '«tracepoint("sched_switch", () => {})»;', /not a tracepoint/, /CATEGORY:EVENT/],
  ["SND3201", '«tracepoint("sched:sched_switch")»;', /its last argument is the handler/],
  ["SND3201", "«hash<u32, u64>({ maxEntries: 0 })»;", /maxEntries must be a whole number/],
  ["SND3201", '«param("p", 0.5)»;', /0\.5 is not a whole number/],
  ["SND3201", "«profile({}, () => {})»;", /say how often/, /hz/],
  ["SND3201", '«stream("s", {})»;', /a stream needs fields/],
  ["SND3201", '«tc("lo", "up", () => {})»;', /direction is "ingress" or "egress"/, /tc\("eth0", "ingress", \.\.\.\)/],
  ["SND3201", '«cgroup("/", "conect4", () => {})»;', /there is no hook conect4/, /ingress, egress, connect4/],
  ["SND3201", '«cgroup("", "connect4", () => {})»;', /the control group is missing/],
  [
    "SND3201",
    '«netfilter({ family: "ipv4", hook: "inputs", priority: 0 }, () => {})»;',
    /its hook is one of prerouting/,
  ],
  ["SND3201", '«netfilter({ family: "ip", hook: "input", priority: 0 }, () => {})»;', /its family is "ipv4" or "ipv6"/],
  ["SND3201", '«netfilter({ family: "ipv4", hook: "input" }, () => {})»;', /priority must be a whole number/],
  [
    "SND3201",
    'const fn = param("fn", "vfs_read"); «fentry(fn, () => {})»;',
    /must be known when the monitor is built/,
    /kprobe/,
  ],
  ["SND3201", 'const dev = param("dev", ""); «xdp(dev, () => {})»;', /interface is missing: parameter dev is empty/],
  ["SND3323", 'tc("lo", "ingress", () => { return «9»; });', /not an answer that tc:lo:ingress takes/, /-1, 0/],
  ["SND3323", 'cgroup("/", "connect4", () => { return «2»; });', /not an answer that cgroup/, /0, 1/],
  ["SND3202", '«counter("calls")»;', /already a metric named calls/],
  ["SND3202", '«monitor("again")»;', /already a monitor/],
  ["SND3205", "«hash()»;", /does not say what it holds/, /hash<u32, u64>/],
  ["SND3205", "«global(5)»;", /does not say what it holds/, /global<u64>/],
  ["SND3206", "«interval({ seconds: 1 }, Math.max)»;", /is not a function of the monitor's own modules/],
  ["SND3207", '«throw new Error("oh");»', /failed while it was built: oh/],
  ["SND3207", "«const t = ktime();»", /ktime\(\) runs in the kernel/],
  ["SND3208", 'import "«./missing.ts»";', /cannot import \.\/missing\.ts: there is no file/],
  ["SND3321", 'tracepoint(«"sched:sched_swich"», (e) => {});', /no tracepoint sched:sched_swich/, /sched:sched_switch/],
  ["SND3321", 'btfTracepoint(«"sched_swich"», (e) => {});', /no tracepoint sched_swich/, /sched_switch/],
  ["SND3321", 'fentry(«"vfs_raed"», (e) => {});', /no function vfs_raed/, /vfs_read/],
  ["SND3303", 'tracepoint("sched:sched_switch", ({ «prev_pidd» }) => {});', /has no field prev_pidd/, /prev_pid/],
  [
    "SND3303",
    'tracepoint("syscalls:sys_enter_openat", (e) => { seen.value = e.«flag»; });',
    /has no field flag/,
    /flags/,
  ],
  [
    "SND3303",
    'fentry("vfs_read", ({ file }) => { seen.value = file.f_inode.«i_nno»; });',
    /inode has no field i_nno/,
    /i_ino/,
  ],
  [
    "SND3303",
    'tracepoint("skb:kfree_skb", (e) => { seen.value = «"raeson"» in e ? 1 : 0; });',
    /no field raeson/,
    /reason/,
  ],
  [
    "SND3303",
    'fentry("vfs_read", ({ file }) => { seen.value = «"f_inod"» in file ? 1 : 0; });',
    /file has no field f_inod/,
    /f_inode/,
  ],
  [
    "SND3313",
    'usdt("/bin/x", "p", "n", (a, b, c, d, e, f, g, h, i, j, k, l, «m») => { seen.value = m; });',
    /takes at most 12, not 13/,
  ],
  ["SND3101", 'const m = hash<u32, KernelStructs[«"task_strukt"»]>();', /unknown type task_strukt/, /no such struct/],
  ["SND3104", 'const m = hash<u32, «Other["task_struct"]»>();', /no type for a key/],
  [
    "SND3321",
    'structOps(«"tcp_congestion_opps"», { ssthresh: () => 1 });',
    /no struct of functions tcp_conges/,
    /tcp_congestion_ops/,
  ],
  ["SND3303", 'structOps(«"tcp_congestion_ops"», { sstresh: () => 1 });', /no field sstresh/, /ssthresh/],
  ["SND3331", 'structOps(«"tcp_congestion_ops"», { flags: () => 1 });', /flags of tcp_congestion_ops is no function/],
  ["SND3201", '«structOps("tcp_congestion_ops", { name: "x" })»;', /it has no functions/],
  [
    "SND3306",
    'structOps("tcp_congestion_ops", { name: "a name that is far too long", ssthresh: () => 1 });',
    /name: a name that is far too long can't be stored as text<16>/,
  ],
  [
    "SND3322",
    'structOps("tcp_congestion_ops", { cong_avoid: (sk, a, b) => { return «5»; } });',
    /has nothing to answer/,
  ],
  ["SND3313", 'structOps("tcp_congestion_ops", { ssthresh: (sk, «x») => x });', /takes at most 1, not 2/],
  ["SND3316", 'fentry("vfs_read", ({ file }) => { «file.f_flags» = 1; });', /can't be changed/],
  ["SND3201", '«param("p", 1, { short: "xx" })»;', /short is one letter or digit/],
  ["SND3202", 'param("p", 1, { short: "x" }); «param("q", 1, { short: "x" })»;', /already a parameter named -x/],
  ["SND3303", 'kprobe("vfs_read", ({ «nothing» }) => {});', /has no field nothing/, /file, buf, count, pos/],
  [
    "SND3311",
    "const big = hash<u32, text<30000>>(); interval({ seconds: 1 }, () => { «»big.set(1, readUserString(5, 4096)); big.set(2, readUserString(6, 4096)); });",
    /bytes of memory/,
  ],
  ["SND3316", 'tracepoint("sched:sched_switch", (e) => { «e.prev_pid» = 5; });', /e\.prev_pid can't be changed/],
  [
    "SND3327",
    "const s = Symbol(); interval({ seconds: 1 }, () => { seen.value = «s»; });",
    /s is not a value of the kernel's/,
  ],
  ["SND3321", 'iterator(«"taskk"», ({ task }) => {});', /no iterator taskk/, /task/],
  ["SND3303", 'iterator("task", ({ «tsk» }) => {});', /has no field tsk/, /task/],
  [
    "SND3333",
    'const at = counter("at", { labels: { s: decode.kernelStack } }); const t = timer(«() => at.increment()»); xdp("lo", () => { t.start(5); });',
    /a timer's function runs by itself/,
    /a map or a global/,
  ],
  [
    "SND3301",
    'const t = timer(() => {}); kprobe("vfs_read", () => { «t.start(5)»; });',
    /a timer in a handler of kprobe:vfs_read/,
    /interval/,
  ],
  ["SND3201", "const t = «timer(5)»;", /its argument is the function/],
  ["SND3323", 'xdp("lo", () => { return «9»; });', /not an answer that xdp:lo takes/, /0, 1, 2, 3, 4/],
];

const folder = mkdtempSync(path.join(tmpdir(), "sonde-messages-"));
after(() => rmSync(folder, { recursive: true }));
const shown = new Set<string>();

async function check(
  code: string,
  marked: string,
  message: RegExp,
  hint: RegExp | undefined,
  at: number,
): Promise<void> {
  const start = marked.indexOf("«");
  const text = marked.replaceAll(/[«»]/g, "");
  const file = path.join(folder, "wrong.ts");
  writeFileSync(file, text);
  const { spec, diagnostics } = await buildMonitor(file, buildTarget());
  assert.equal(spec, undefined, "it was taken");
  const [first] = diagnostics;
  assert.equal(`${first?.code} ${first?.message}`.slice(0, 7), code, first?.message);
  assert.match(first!.message, message);
  if (hint !== undefined) assert.match(first!.hint ?? "", hint);
  if (start >= 0 && marked.indexOf("»") > start + 1) {
    const want = marked.slice(start + 1, marked.indexOf("»"));
    assert.equal(text.slice(first!.span.start, first!.span.end), want);
  }
  assert.ok(at >= 0);
  shown.add(code);
}

for (const [code, body, message, hint] of handlers)
  test(`${code} ${body}`, () =>
    check(code, `${HEAD}interval({ seconds: 1 }, () => {\n  ${body}\n});\n`, message, hint, HEAD.length));
for (const [code, text, message, hint] of modules)
  test(`${code} ${text}`, () => check(code, `${HEAD}${text}\ninterval({ seconds: 1 }, () => {});\n`, message, hint, 0));

test("SND3203: no monitor; SND3204: no probe", async () => {
  await check(
    "SND3203",
    'import { interval } from "sonde/probe"; interval({ seconds: 1 }, () => {});',
    /declares no monitor/,
    /monitor\(/,
    0,
  );
  await check("SND3204", 'import { monitor } from "sonde/probe"; monitor("m");', /has no probe/, /tracepoint/, 0);
});

test("every message has a program that shows it", () => {
  const messages = new URL("../../compiler/src/typescript/messages/", import.meta.url);
  const codes = readdirSync(messages).flatMap(
    (name) => readFileSync(new URL(name, messages), "utf8").match(/SND\d{4}/g) ?? [],
  );
  assert.deepEqual(
    [...new Set(codes)].filter((code) => !shown.has(code)).sort((a, b) => a.localeCompare(b)),
    [],
  );
});

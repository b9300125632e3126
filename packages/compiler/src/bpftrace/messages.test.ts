import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "@sonde/bpf/spec";
import { diagnose, mark, unmark } from "./testing/marked.ts";
import * as declarationMessages from "./messages/declarations.ts";
import * as functionMessages from "./messages/functions.ts";
import * as macroMessages from "./messages/macros.ts";
import * as mapMessages from "./messages/maps.ts";
import * as nameMessages from "./messages/names.ts";
import * as probeMessages from "./messages/probes.ts";
import * as settingMessages from "./messages/settings.ts";
import * as syntaxMessages from "./messages/syntax.ts";
import type { Case } from "./testing/case.ts";
import { programCases } from "./testing/program-cases.ts";
import { fixtureTarget, withFacts } from "./testing/target.ts";

const noProbes = fixtureTarget({ kprobe: false, fentry: false });

/** A kernel with a function that its types do not know. */
function untyped(): Target {
  const target = fixtureTarget();
  const { btf } = target;
  assert.ok(btf !== undefined);
  return {
    ...target,
    btf: {
      size: btf.size,
      type: (id) => btf.type(id),
      ids: (kind) => btf.ids(kind),
      names: (kind) => btf.names(kind),
      find: (name, kind) => (kind === "func" ? [] : btf.find(name, kind)),
    },
  };
}

/** One message each. Where several follow from one mistake, the table says the first. */
const cases: readonly Case[] = [
  // Lexical
  { source: "BEGIN { $x = 1 «`» }", code: "SND1001", message: "unexpected character `" },
  { source: "BEGIN { «\u202e» }", code: "SND1001", message: "unexpected character U+202E" },
  { source: 'BEGIN { print(«"abc); }»', code: "SND1002", message: "this string does not end", hint: /closing "/ },
  { source: String.raw`BEGIN { print("a«\q»"); }`, code: "SND1003", message: String.raw`unknown escape sequence \q` },
  {
    source: String.raw`BEGIN { print(«"\xff"»); }`,
    code: "SND1004",
    message: "this string's bytes are not UTF-8, which is not supported yet",
  },
  { source: "BEGIN { } «/*» never", code: "SND1005", message: "this comment does not end" },
  { source: "BEGIN { $x = «12abc»; }", code: "SND1006", message: "12abc is not a number" },
  { source: "BEGIN { $x = «089»; }", code: "SND1006", message: "089 is not a number" },
  {
    source: "BEGIN { $x = «18446744073709551616»; }",
    code: "SND1007",
    message: "18446744073709551616 does not fit into 64 bits",
  },
  { source: "BEGIN { $x = «$0»; }", code: "SND1008", message: "$0 is not a positional parameter" },
  // Syntax
  { source: "BEGIN { $x = «;» }", code: "SND1101", message: "unexpected ;", hint: "expected an expression" },
  { source: "BEGIN { print(1 «2»); }", code: "SND1101", message: "unexpected 2", hint: "expected )" },
  { source: "BEGIN { print(1) «print»(2); }", code: "SND1101", message: "unexpected print", hint: "expected ; or }" },
  {
    source: "kprobe:vfs_read «pid» == 1 { }",
    code: "SND1101",
    message: "unexpected pid",
    hint: /^expected \{, a \/filter\//,
  },
  {
    source: "kprobe:vfs_read /pid == 1 «{» }",
    code: "SND1101",
    message: "unexpected {",
    hint: "expected an operator or / at the end of the filter",
  },
  { source: "BEGIN { $x = «else»; }", code: "SND1101", message: "unexpected else", hint: "expected an expression" },
  {
    source: "BEGIN «{» if (1) { }",
    code: "SND1102",
    message: "this { is never closed",
    hint: "expected } before the end of the script",
  },
  { source: "BEGIN { «pid» = 1; }", code: "SND1103", message: "this can't be assigned to" },
  {
    source: "BEGIN { «pid»++; }",
    code: "SND1104",
    message: "++ needs a variable or a map",
    hint: "expected $x++ or @x++",
  },
  { source: "«»", code: "SND1107", message: "the script has no probes" },
  {
    source: "BEGIN { if (1) «print»(1); }",
    code: "SND1108",
    message: "the body of if must be a block",
    hint: "expected {",
  },
  {
    source: "BEGIN { } «config» = { max_strlen = 10 }",
    code: "SND1109",
    message: "config must stand before the first probe",
  },
  {
    source: "«kprob»:vfs_read { }",
    code: "SND1111",
    message: "unknown probe type kprob",
    hint: "did you mean kprobe?",
  },
  { source: "let @x = hash(«lots»); BEGIN { }", code: "SND1112", message: "a map is declared with its type and size" },
  { source: "«#assert x»\nBEGIN { }", code: "SND1901", message: "#assert is not supported yet" },
  { source: "BEGIN { print(«comptime pid»); }", code: "SND1321", message: "what is comptime must be a constant" },
  {
    source: "BEGIN { $x = «{ 1; }»; }",
    code: "SND1114",
    message: "this block gives no value",
    hint: /without a semicolon/,
  },
  { source: "BEGIN { $x = (a = 1, «a» = 2); }", code: "SND1115", message: "the record has two fields of the name a" },
  // Macros
  {
    source: "macro f() { 1 } macro «f»() { 2 } BEGIN { print(f); }",
    code: "SND1120",
    message: "there are two macros of the name f",
  },
  {
    source: "macro f($x, y) { $x + y } BEGIN { $a = 1; print(«f($a)»); }",
    code: "SND1121",
    message: "the macro f can't be called with 1 argument",
    hint: "expected f($x, y)",
  },
  {
    source: "macro f($x) { $x + 1 } BEGIN { print(f(«1 + 1»)); }",
    code: "SND1122",
    message: "the macro f wants a variable as argument 1, since it may change it",
    hint: /a parameter without \$/,
  },
  {
    source: "macro f(@m) { @m = 1 } BEGIN { $x = 1; f(«$x»); }",
    code: "SND1122",
    message: "the macro f wants a map as argument 1, since it may change it",
  },
  {
    source: "macro f() { «@x»++ } BEGIN { f(); }",
    code: "SND1123",
    message: "the macro f uses the map @x, which it was not given",
    hint: "expected it among its parameters: macro f(@x) { ... }",
  },
  {
    source: "macro f(x) { g(x) } macro g(x) { «f»(x) } BEGIN { print(f(1)); }",
    code: "SND1124",
    message: "the macro f grows without end: macros that call macros are copied for each call",
    hint: /can't call itself/,
  },
  { source: "BEGIN «/»1", code: "SND1110", message: "this filter does not end" },
  // Probes
  {
    source: "«usdt:/bin/bash:a:b» { }",
    code: "SND1214",
    message: "usdt:/bin/bash:a:b needs the system that the script will run on, which is not known here",
  },
  {
    source: "«kprobe» { }",
    code: "SND1201",
    message: "kprobe is not a complete probe",
    hint: "expected kprobe:FUNCTION or kprobe:MODULE:FUNCTION",
  },
  {
    source: "«tracepoint:sched_switch» { }",
    code: "SND1201",
    message: "tracepoint:sched_switch is not a complete probe",
    hint: "expected tracepoint:CATEGORY:NAME",
  },
  {
    source: "«tracepoint:sched:sched_swich» { }",
    code: "SND1202",
    message: "no tracepoint matches sched:sched_swich",
    hint: "did you mean tracepoint:sched:sched_switch?",
  },
  {
    source: "«kprobe:vfs_raed» { }",
    code: "SND1202",
    message: "no kernel function matches vfs_raed",
    hint: "did you mean kprobe:vfs_read?",
  },
  { source: "«fentry:nothing_*» { }", code: "SND1202", message: "no kernel function matches nothing_*" },
  {
    source: "«uprobe:/bin/bash:readlin» { }",
    code: "SND1202",
    message: "no function matches /bin/bash:readlin",
    hint: "did you mean uprobe:/bin/bash:readline?",
  },
  {
    source: "config = { missing_probes = warn } «kprobe:gone», BEGIN { }",
    code: "SND1203",
    message: "no kernel function matches gone; it is left out",
  },
  {
    source: "«interval:parsec:1» { }",
    code: "SND1204",
    message: "interval:parsec:1 does not say how often",
    hint: /interval:s:1/,
  },
  { source: "«profile:hz:0» { }", code: "SND1204", message: "profile:hz:0 does not say how often" },
  {
    source: "«software:page-fault:1» { }",
    code: "SND1205",
    message: "unknown software event page-fault",
    hint: "did you mean page-faults?",
  },
  {
    source: "«fentry:vfs_read» { }",
    code: "SND1206",
    message: "fentry:vfs_read can't be attached: this kernel offers neither kprobes nor fentry",
    hint: /tracepoint/,
    target: noProbes,
  },
  {
    source: "«kprobe:vfs_read+8» { }",
    code: "SND1207",
    message:
      "kprobe:vfs_read+8 can't be attached: this kernel has no kprobes, and fentry knows only a function's start",
    target: fixtureTarget({ kprobe: false }),
  },
  {
    source: "«fexit:vfs_read» { print(args.count); }",
    code: "SND1208",
    message: "fexit:vfs_read needs fentry support for args, which this kernel refuses; a kretprobe knows only retval",
    target: fixtureTarget({ fentry: false }),
  },
  {
    source: "config = { max_probes = 2 } «kprobe:*» { }",
    code: "SND1209",
    message: "the script has 4 probes, more than the 2 that max_probes allows",
  },
  { source: "«interval:s:$1» { }", code: "SND1211", message: "the probe needs $1, which was not given" },
  { source: "«kprobe:vfs_read+x» { }", code: "SND1210", message: "x is not an offset" },
  {
    source: "«kprobe:0xffff» { }",
    code: "SND1216",
    message: "kprobe:0xffff is at a plain address, which may lie in the middle of an instruction",
  },
  // Names and types
  { source: "BEGIN { print(«$x»); }", code: "SND1301", message: "undefined variable $x" },
  {
    source: "BEGIN { $count = 1; print(«$cuont»); }",
    code: "SND1301",
    message: "undefined variable $cuont",
    hint: "did you mean $count?",
  },
  { source: "BEGIN { if (1) { $x = 1; } print(«$x»); }", code: "SND1301", message: "undefined variable $x" },
  { source: "BEGIN { let $x; print(«$x»); }", code: "SND1301", message: "undefined variable $x" },
  { source: "BEGIN { print(«pidd»); }", code: "SND1302", message: "unknown name pidd", hint: "did you mean pid?" },
  {
    source: "BEGIN { print(«TASK_RUNNING»); }",
    code: "SND1302",
    message: "unknown name TASK_RUNNING",
    hint: "it is a constant of a header: #include <linux/sched.h>",
  },
  { source: "BEGIN { print(«func»); }", code: "SND1315", message: "func is not available in begin probes" },
  {
    source: "tracepoint:sched:sched_switch { print(args.«prev_pdi»); }",
    code: "SND1303",
    message: "tracepoint:sched:sched_switch has no field prev_pdi",
    hint: "did you mean prev_pid?",
  },
  {
    source: "tracepoint:syscalls:sys_exit_read { print(args.«x»); }",
    code: "SND1303",
    message: "tracepoint:syscalls:sys_exit_read has no field x",
    hint: "expected one of ret",
  },
  {
    source: "fentry:vfs_read { print(args.«cnt»); }",
    code: "SND1303",
    message: "fentry:vfs_read has no field cnt",
    hint: "expected one of file, buf, count, pos",
  },
  {
    source: "BEGIN { print(curtask->«tgdi»); }",
    code: "SND1303",
    message: "struct task_struct has no field tgdi",
    hint: "did you mean tgid?",
  },
  {
    source: "BEGIN { $x = («struct tsk_struct *»)curtask; }",
    code: "SND1304",
    message: "unknown type struct tsk_struct",
    hint: "did you mean struct task_struct?",
  },
  { source: 'BEGIN { $x = 1 ? 2 : «"a"»; }', code: "SND1306", message: "type mismatch: this is string[2], not int8" },
  { source: "BEGIN { if («comm == 1») { } }", code: "SND1307", message: "== can't be used on string[16] and int8" },
  { source: "BEGIN { $x = «comm + 1»; }", code: "SND1307", message: "+ can't be used on string[16] and int8" },
  {
    source: "BEGIN { $x = «-comm»; }",
    code: "SND1308",
    message: "- can't be used on string[16]",
    hint: "expected an integer",
  },
  {
    source: "kprobe:vfs_read /«comm»/ { }",
    code: "SND1308",
    message: "a condition can't be used on string[16]",
    hint: /comparison/,
  },
  { source: 'BEGIN { $x = 1; $x = «"a"»; }', code: "SND1309", message: "$x is int64 and can't hold string[2]" },
  { source: "BEGIN { let $x: uint8 = «256»; }", code: "SND1309", message: "$x is uint8 and can't hold 256" },
  { source: "BEGIN { let $x: uint8; $x = «-1»; }", code: "SND1309", message: "$x is uint8 and can't hold -1" },
  {
    source: 'BEGIN { let $x: string[4] = «"abcd"»; }',
    code: "SND1309",
    message: "$x is string[4] and can't hold string[5]",
  },
  {
    source: "BEGIN { let $x: uint8 = «nsecs»; }",
    code: "SND1331",
    message: "$x is uint8: uint64 is cut to fit",
    hint: /\(uint8\)/,
  },
  { source: "BEGIN { print(«typeof(pid)»); }", code: "SND1329", message: "a type stands where a value is expected" },
  {
    source: "BEGIN { $x = (int64)1; $x = «(uint64)1»; }",
    code: "SND1328",
    message: "this uint64 is kept as int64, since signed numbers are kept in the same place",
    hint: /\(int64\)value/,
  },
  {
    source: "BEGIN { $x = 1; let «$x» = 2; }",
    code: "SND1310",
    message: "$x was already declared; a variable can't be hidden by another of its name",
  },
  {
    source: "kprobe:vfs_read { print(«arg0»->f_pos); }",
    code: "SND1311",
    message: "this is int64, which has no members",
    hint: /cast it first/,
  },
  { source: "BEGIN { print(«pid»[1]); }", code: "SND1313", message: "uint32 has no elements" },
  {
    source: "tracepoint:raw_syscalls:sys_enter { print(args.args[«6»]); }",
    code: "SND1314",
    message: "element 6 of an array of 6",
    hint: "expected 0 to 5",
  },
  {
    source: "tracepoint:sched:sched_switch { print(«arg0»); }",
    code: "SND1315",
    message: "arg0 is not available in tracepoint probes",
    hint: /args\.name/,
  },
  {
    source: "kprobe:vfs_read { print(«retval»); }",
    code: "SND1315",
    message: "retval is not available in kprobe probes",
    hint: /kretprobe/,
  },
  { source: "BEGIN { print(«args».x); }", code: "SND1315", message: "args is not available in begin probes" },
  {
    source: "fentry:vfs_read { print(«arg4»); }",
    code: "SND1316",
    message: "arg4 does not exist: the function has 4 arguments",
  },
  {
    source: "kretprobe:vfs_read { $x = (int64)1; if ($x «<» retval) { } }",
    code: "SND1317",
    message: "< on int64 and uint64 treats both as unsigned",
  },
  { source: "BEGIN { «pid»; }", code: "SND1318", message: "this value is not used" },
  { source: "BEGIN { «break»; }", code: "SND1319", message: "break outside of a loop" },
  { source: "BEGIN { return «1»; }", code: "SND1320", message: "a probe returns no value" },
  { source: "BEGIN { unroll(«pid») { } }", code: "SND1321", message: "the number of repetitions must be a constant" },
  { source: "BEGIN { unroll(«0») { } }", code: "SND1322", message: "the number of repetitions must be from 1 to 100" },
  { source: "BEGIN { $x = 4 / «0»; }", code: "SND1322", message: "a divisor must be other than 0" },
  { source: "BEGIN { $x = «exit()»; }", code: "SND1323", message: "exit() gives no value" },
  { source: "BEGIN { $x = «(uint64)comm»; }", code: "SND1324", message: "string[16] can't be cast to uint64" },
  {
    source: "tracepoint:net:odd { print(args.«mac»); }",
    code: "SND1904",
    message: "the field mac of type __data_loc u8[] is not supported yet",
  },
  {
    source: "#define F(x) x\nBEGIN { print(«F»); }",
    code: "SND1325",
    message: "#define F stands for no number and no text",
    hint: /macro name\(x\)/,
  },
  // Imports
  {
    source: '«import "probe.bpf.c"»; BEGIN { }',
    code: "SND1125",
    message: "probe.bpf.c is C, for which there is no compiler here",
    hint: /sonde load/,
  },
  {
    source: '«import "x.bt"»; BEGIN { }',
    code: "SND1126",
    message: "nothing can be imported here: this script came without the files around it",
  },
  {
    source: '«#include "x.h"»\nBEGIN { }',
    code: "SND1127",
    message: "can't import x.h: there is none",
    imports: () => "there is none",
  },
  {
    source: '«import "large"»; BEGIN { }',
    code: "SND1128",
    message: "imports come to more than 200 files or 4 MiB",
    imports: () => Array.from({ length: 201 }, (_, i) => ({ name: `${i}.bt`, text: "" })).slice(0, 200),
  },
  // C
  {
    source: "struct a { int b «}»; BEGIN { }",
    code: "SND1130",
    message: "unexpected } in a declaration",
    hint: "expected ;",
  },
  {
    source: "struct a { «*»b; }; BEGIN { }",
    code: "SND1131",
    message: "* stands where a type should",
    hint: /struct name/,
  },
  { source: "struct a { «noted» b; }; BEGIN { }", code: "SND1132", message: "unknown type noted" },
  { source: "typedef int «;» BEGIN { }", code: "SND1133", message: "this declaration names nothing" },
  {
    source: `struct a { ${"struct { ".repeat(31)}struct «{» int y; ${"};".repeat(32)} }; BEGIN { }`,
    code: "SND1134",
    message: "this declaration is nested more than 32 levels deep",
  },
  {
    source: "struct a { int b[1 << 30]«;» }; BEGIN { }",
    code: "SND1135",
    message: "this type takes more than 16777216 bytes",
  },
  {
    source: "struct a { int «b» : 33; }; BEGIN { }",
    code: "SND1137",
    message: "the bit field b must have from 0 to 32 bits, those of its type",
  },
  {
    source: "struct a { int b[«unknown» + 1]; }; BEGIN { }",
    code: "SND1138",
    message: "unknown + 1 is no constant here",
    hint: /enumerators/,
  },
  {
    source: `#define A B B B B B B B B B B
#define B C C C C C C C C C C
#define C D D D D D D D D D D
#define D E E E E E E E E E E
#define E 1 1 1 1 1 1 1 1 1 1
«struct a { int b[A]; };» BEGIN { }`,
    code: "SND1139",
    message: "macros make this declaration too long",
  },
  {
    source: "«#include <boost/any.hpp>»\nBEGIN { }",
    code: "SND1140",
    message: "the header boost/any.hpp is not read",
    hint: /import "types.h"/,
  },
  {
    source: "«#if LINUX_VERSION_CODE > 5»\n#endif\nBEGIN { }",
    code: "SND1141",
    message: "the condition of #if is not known when the script is compiled",
  },
  { source: "«#endif»\nBEGIN { }", code: "SND1142", message: "#endif without #if" },
  { source: "«#ifndef X»\nBEGIN { }", code: "SND1143", message: "this #ifndef is never closed" },
  {
    source: "#ifndef X\n«#error needs X»\n#endif\nBEGIN { }",
    code: "SND1144",
    message: "the script refuses: needs X",
  },
  {
    source: "BEGIN { $y = &«pid»; }",
    code: "SND1327",
    message: "this is a value of the program's own, which has no address",
  },
  {
    source: "fentry:tcp_set_state { print(«args».x); }",
    code: "SND1326",
    message: "the arguments of fentry:tcp_set_state are not in the kernel's types",
    target: untyped(),
  },
  {
    source: "BEGIN { $x = («struct file *»)1; }",
    code: "SND1305",
    message: "struct file needs the kernel's types, and there is no BTF for this kernel",
    target: { ...fixtureTarget(), btf: undefined },
  },
  // Functions
  {
    source: 'BEGIN { «pritnf»("a"); }',
    code: "SND1401",
    message: "unknown function pritnf",
    hint: "did you mean printf?",
  },
  {
    source: 'BEGIN { skboutput("a.pcap", «0», 0, 0); }',
    code: "SND1403",
    message: "argument 2 of skboutput() is int8",
  },
  {
    source: "BEGIN { @x = «count(1)»; }",
    code: "SND1402",
    message: "count() does not take one argument",
    hint: "expected @x = count()",
  },
  {
    source: "BEGIN { print(«str()»); }",
    code: "SND1402",
    message: "str() does not take no arguments",
    hint: "expected str(pointer [, length])",
  },
  {
    source: "BEGIN { @x = sum(«comm»); }",
    code: "SND1403",
    message: "argument 1 of sum() is string[16]",
    hint: "expected an integer",
  },
  {
    source: "BEGIN { print(str(«(1, 2)»)); }",
    code: "SND1403",
    message: "argument 1 of str() is (int8, int8)",
    hint: "expected a pointer to characters",
  },
  { source: "BEGIN { clear(«$x»); }", code: "SND1404", message: "clear() needs a map", hint: "expected clear(@x)" },
  {
    source: "BEGIN { @x = 1; if (has_key(«@x», 1)) { } }",
    code: "SND1405",
    message: "has_key() needs a map with keys, and @x has none",
  },
  { source: "BEGIN { $x = «count()»; }", code: "SND1406", message: "count() must be assigned to a map" },
  {
    source: 'BEGIN { «printf("%d %s", 1)»; }',
    code: "SND1407",
    message: "the format has 2 conversions and 1 argument",
  },
  { source: 'BEGIN { printf(«"%y"», 1); }', code: "SND1408", message: "unknown conversion %y in the format" },
  {
    source: 'BEGIN { printf("%d", «comm»); }',
    code: "SND1409",
    message: "%d can't print string[16]",
    hint: "expected an integer",
  },
  {
    source: 'tracepoint:syscalls:sys_enter_openat { printf("%s", «args.filename»); }',
    code: "SND1409",
    message: "%s can't print int8 *",
    hint: /str\(pointer\)/,
  },
  {
    source: "BEGIN { print(kstack(«perl»)); }",
    code: "SND1410",
    message: "unknown stack mode perl",
    hint: "expected bpftrace, perf, raw or build_id",
  },
  {
    source: "BEGIN { print(«kstack(build_id)»); }",
    code: "SND1428",
    message: "the kernel's stacks have no build ids: they are shown in raw mode",
  },
  {
    source: "BEGIN { @x = «lhist(1, 10, 0, 1)»; }",
    code: "SND1411",
    message: "lhist() needs a minimum below its maximum and a step that divides the range into at most 1000 buckets",
  },
  {
    source: "BEGIN { print(nsecs(«wall»)); }",
    code: "SND1412",
    message: "unknown clock wall",
    hint: "expected boot, monotonic, tai or sw_tai",
  },
  // Maps
  { source: "BEGIN { print(«@x»); }", code: "SND1501", message: "the map @x is never assigned to" },
  {
    source: "BEGIN { @start[1] = 1; print(@start[1] + «@strat[1]»); }",
    code: "SND1501",
    message: "the map @strat is never assigned to",
    hint: "did you mean @start?",
  },
  {
    source: "BEGIN { @x[1] = 1; «@x[1, 2]» = 1; }",
    code: "SND1502",
    message: "@x is used with 2 keys here and with one key elsewhere",
  },
  {
    source: "BEGIN { @x[1] = 1; @x[«comm»] = 1; }",
    code: "SND1503",
    message: "key 1 of @x is string[16] here and int64 elsewhere",
  },
  { source: "BEGIN { @x = 1; @x = «comm»; }", code: "SND1504", message: "@x holds int64 and can't hold string[16]" },
  {
    source: "BEGIN { @x = count(); @x = «sum(1)»; }",
    code: "SND1504",
    message: "@x holds count() and can't hold sum()",
  },
  {
    source: "BEGIN { @x = hist(1); @x = «hist(1, 3)»; }",
    code: "SND1504",
    message: "@x holds hist() with 0 bits and can't hold hist() with 3 bits",
  },
  {
    source: "BEGIN { @x[1] = 1; print(1 + «@x»); }",
    code: "SND1506",
    message: "@x needs one key",
    hint: "expected @x[...]",
  },
  {
    source: "BEGIN { @x = hist(1); $y = «@x» + 1; }",
    code: "SND1507",
    message: "@x is a hist() and has no single value",
  },
  {
    source: "BEGIN { @x = count(); «@x»++; }",
    code: "SND1508",
    message: "@x is a count() and can't be changed by an operator",
    hint: "expected @x = count()",
  },
  {
    source: "«let @x = lrhash(10)»; BEGIN { @x[1] = 1; }",
    code: "SND1509",
    message: "unknown map type lrhash",
    hint: "did you mean lruhash?",
  },
  {
    source: "«let @x = hash(0)»; BEGIN { @x[1] = 1; }",
    code: "SND1510",
    message: "@x must have room for 1 to 100000000 entries",
  },
  { source: "«let @x = hash(1)»; BEGIN { }", code: "SND1512", message: "@x is declared and never used" },
  {
    source: "let @x = hash(1); «let @x = hash(2)»; BEGIN { @x[1] = 1; }",
    code: "SND1511",
    message: "@x is declared twice",
  },
  // Settings
  {
    source: "config = { «max_strln = 64» } BEGIN { }",
    code: "SND1601",
    message: "unknown setting max_strln",
    hint: "did you mean max_strlen?",
  },
  {
    source: "config = { «stack_mode = perl» } BEGIN { }",
    code: "SND1602",
    message: "stack_mode can't be perl",
    hint: "expected bpftrace, perf, raw, build_id",
  },
  {
    source: 'config = { «license = "Potato"» } BEGIN { }',
    code: "SND1602",
    message: "license can't be Potato",
    hint: /GPL v2/,
  },
  {
    source: "config = { max_bpf_progs = 1 } BEGIN { } «END { }»",
    code: "SND1220",
    message: "the script's probes come to 2 programs, more than the 1 that are allowed",
    hint: /max_bpf_progs/,
  },
  { source: "config = { «log_size = 10» } BEGIN { }", code: "SND1603", message: "log_size has no effect here" },
  {
    source: "config = { unstable_tseries = error } BEGIN { @ = «tseries(1, 1s, 5)»; }",
    code: "SND1604",
    message: "tseries() is refused by the setting unstable_tseries",
  },
  {
    source: "config = { unstable_macro = warn } macro «m»() { 1 } BEGIN { print(m); }",
    code: "SND1605",
    message: "a macro is used, which bpftrace calls unstable",
  },
  {
    source: 'BEGIN { @ = tseries(1, 1s, 5, «"mean"»); }',
    code: "SND1322",
    message: "what is kept of an interval must be avg, max, min, sum",
  },
  // Functions that ask for more than types
  {
    source: "BEGIN { «signal»(9); }",
    code: "SND1413",
    message: "signal() is an unsafe function being used in safe mode",
    hint: /--unsafe/,
  },
  { source: 'BEGIN { print(ntop(«pton("1.2.3")»)); }', code: "SND1414", message: "1.2.3 is not an IP address" },
  {
    source: 'BEGIN { print(«kaddr("nothing")»); }',
    code: "SND1415",
    message: "the kernel has no symbol nothing",
    target: withFacts,
  },
  {
    source: 'BEGIN { print(«cgroupid("/nowhere")»); }',
    code: "SND1416",
    message: "there is no control group at /nowhere",
    target: withFacts,
  },
  {
    source: 'BEGIN { signal(«"SIGKIL"»); }',
    code: "SND1417",
    message: "unknown signal SIGKIL",
    hint: "did you mean SIGKILL?",
    options: { unsafe: true },
  },
  { source: 'BEGIN { «static_assert(is_str(1), "a number")»; }', code: "SND1418", message: "a number" },
  {
    source: 'BEGIN { print(«kaddr("vfs_read")»); }',
    code: "SND1419",
    message: "kaddr() needs the system that the script will run on, which is not known here",
  },
  {
    source: "«hardware:instruction:1» { }",
    code: "SND1212",
    message: "unknown hardware event instruction",
    hint: "did you mean instructions?",
  },
  {
    source: "«watchpoint:increment+arg1:4:w» { }",
    code: "SND1213",
    message: "watchpoint:increment+arg1:4:w needs an address: one that a function is called with is known only then",
  },
  ...programCases,
  {
    source: `BEGIN { print(getopt("n", «"${"x".repeat(64)}"»)); }`,
    code: "SND1429",
    message: "the default of the option n is too long",
    hint: "a text that can be set while the script runs has 63 bytes at most",
  },
  {
    source: 'BEGIN { print(«getopt("n", 5)»); }',
    code: "SND1420",
    message: "--n=x does not fit the script",
    hint: "expected a number",
    options: { named: { n: "x" } },
  },
  {
    source: 'BEGIN { print(«config("nothing")»); }',
    code: "SND1421",
    message: "there is no setting nothing to ask for",
  },
];

for (const { source, code, message, hint, target, options, imports } of cases) {
  test(`${code}: ${source}`, () => {
    const text = unmark(source);
    const [first] = diagnose(text, target ?? fixtureTarget(), options, imports);
    assert.ok(first !== undefined, "nothing was said");
    assert.deepEqual(
      { code: first.code, message: first.message, at: mark(text, first) },
      { code, message, at: source },
    );
    if (typeof hint === "string") assert.equal(first.hint, hint);
    else if (hint !== undefined) assert.match(first.hint ?? "", hint);
  });
}

test("a mismatch names both places", () => {
  const source = "BEGIN { @x[1] = 1; } END { @x[comm] = 1; }";
  const [first] = diagnose(source, fixtureTarget());
  const [note] = first?.notes ?? [];
  assert.equal(source.slice(note?.span?.start, note?.span?.end), "@x[1]");
});

test("one mistake is one message", () => {
  const said = diagnose(
    "BEGIN { $x = nothing(1); $y = $x + 1; @z = $y; print(@z); if ($y == 2) { } }",
    fixtureTarget(),
  );
  assert.deepEqual(
    said.map(({ code }) => code),
    ["SND1401"],
  );
});

test("a mistake in a handler for many probes is one message", () => {
  assert.equal(diagnose("tracepoint:syscalls:* { print(args.nothing); }", fixtureTarget()).length, 1);
});

test("every message has a code of its own, in its range, and a case above or in the parser's tests", () => {
  const all = [
    syntaxMessages,
    declarationMessages,
    macroMessages,
    probeMessages,
    nameMessages,
    functionMessages,
    mapMessages,
    settingMessages,
  ].flatMap((table) => Object.entries(table));
  const codes = all.map(([, { code }]) => code);
  assert.equal(new Set(codes).size, codes.length);
  for (const code of codes) assert.match(code, /^SND1[0-69]\d\d$/);
  // Limits: see the parser's tests.
  const covered = new Set([...cases.map(({ code }) => code), "SND1105", "SND1106", "SND1113", "SND1136"]);
  assert.deepEqual(
    all.filter(([, { code }]) => !covered.has(code)).map(([name]) => name),
    [],
  );
});

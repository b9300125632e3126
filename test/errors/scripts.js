// Scripts that are wrong, and what must be said of them.

/**
 * @typedef {object} WrongScript
 * @property {string} name
 * @property {string} script given with -e
 * @property {string} says the message: "error[SND1301]: undefined variable $y", or a part of it
 * @property {string} [at] where it points: line and column, "1:15"
 * @property {string} [help] a part of what follows the source line
 */

/** A program of many parts. @param {string} part @param {number} count */
const many = (part, count) => part.repeat(count);

/** @type {readonly WrongScript[]} */
export const syntax = [
  {
    name: "nothing",
    script: "",
    says: "error[SND1107]: the script has no probes",
    at: "1:1",
    help: "such as: tracepoint:",
  },
  { name: "only a comment", script: "// nothing", says: "error[SND1107]: the script has no probes" },
  { name: "a block without an end", script: "begin {", says: "this { is never closed", at: "1:7", help: "expected }" },
  {
    name: "one brace too many",
    script: "begin { @ = 1; }}",
    says: "unexpected }",
    at: "1:17",
    help: "expected a probe",
  },
  { name: "a string without an end", script: 'begin { print("abc); }', says: "this string does not end", at: "1:15" },
  {
    name: "a comment without an end",
    script: "begin { /* abc }",
    says: "this comment does not end",
    at: "1:9",
    help: "expected */",
  },
  {
    name: "an operand that is missing",
    script: "begin { print(1 +); }",
    says: "unexpected )",
    at: "1:18",
    help: "expected an expression",
  },
  {
    name: "an assignment to a name",
    script: "begin { x = 1; }",
    says: "this can't be assigned to",
    at: "1:9",
    help: "only variables ($x) and maps",
  },
  { name: "a number of letters", script: "begin { print(0xzz); }", says: "0xzz is not a number", at: "1:15" },
  {
    name: "a number beyond 64 bits",
    script: "begin { print(99999999999999999999999); }",
    says: "does not fit into 64 bits",
    at: "1:15",
  },
  {
    name: "a character of no meaning",
    script: "begin { print(1) § }",
    says: "error[SND1001]: unexpected character",
    at: "1:18",
  },
  {
    name: "text after the last probe",
    script: "begin { print(1) } garbage",
    says: "unknown probe type garbage",
    at: "1:20",
    help: "the types are begin, end",
  },
  {
    name: "parentheses too deep",
    script: `begin { print(${many("(", 5000)}1${many(")", 5000)}); }`,
    says: "nested more than 200 levels deep",
  },
  {
    name: "blocks too deep",
    script: `begin { ${many("if (1) { ", 3000)}${many("} ", 3000)}}`,
    says: "nested more than 200 levels deep",
  },
  {
    name: "a positional parameter assigned to",
    script: "begin { $1 = 5; }",
    says: "this can't be assigned to",
    at: "1:9",
  },
  { name: "break outside of a loop", script: "begin { break; }", says: "break outside of a loop", at: "1:9" },
];

/** @type {readonly WrongScript[]} */
export const probes = [
  {
    name: "a probe type that does not exist",
    script: "nosuch:thing { }",
    says: "unknown probe type nosuch",
    at: "1:1",
  },
  {
    name: "a tracepoint that does not exist",
    script: "tracepoint:nosuch:thing { }",
    says: "error[SND1202]: no tracepoint matches nosuch:thing",
    at: "1:1",
  },
  {
    name: "a tracepoint's name mistyped",
    script: "tracepoint:syscalls:sys_enter_opnat { exit(); }",
    says: "no tracepoint matches syscalls:sys_enter_opnat",
    help: "did you mean tracepoint:syscalls:sys_enter_openat?",
  },
  {
    name: "a raw tracepoint that does not exist",
    script: "rawtracepoint:nosuch_thing { @ = count(); }",
    says: "error[SND1202]: no raw tracepoint matches nosuch_thing",
    at: "1:1",
  },
  {
    name: "a program file that does not exist",
    script: "uprobe:/no/such:main { @ = count(); }",
    says: "matches /no/such:main",
    at: "1:1",
  },
  {
    name: "a function that the file has not",
    script: "uprobe:/bin/sh:no_such_function { @ = count(); }",
    says: "no function matches /bin/sh:no_such_function",
    at: "1:1",
  },
  {
    name: "an interval of zero",
    script: "interval:s:0 { }",
    says: "interval:s:0 does not say how often",
    at: "1:1",
    help: "expected a unit",
  },
  {
    name: "a unit of time that does not exist",
    script: "interval:parsec:1 { }",
    says: "interval:parsec:1 does not say how often",
    at: "1:1",
  },
  {
    name: "a frequency of letters",
    script: "profile:hz:abc { }",
    says: "profile:hz:abc does not say how often",
    at: "1:1",
  },
  {
    name: "too many probes",
    script: "tracepoint:*:* { @ = count(); }",
    says: "more than the 1024 that max_probes allows",
    at: "1:1",
    help: "config = { max_probes =",
  },
  {
    name: "a wildcard that matches nothing",
    script: "tracepoint:nosuch:* { @ = count(); }",
    says: "no tracepoint matches nosuch:*",
    at: "1:1",
  },
];

/** @type {readonly WrongScript[]} */
export const names = [
  {
    name: "a builtin that does not exist",
    script: "begin { print(nosuch); }",
    says: "unknown name nosuch",
    at: "1:15",
    help: "expected a builtin",
  },
  { name: "a variable that was never set", script: "begin { print($y); }", says: "undefined variable $y", at: "1:15" },
  {
    name: "a map that was never set",
    script: "begin { print(@never); }",
    says: "the map @never is never assigned to",
    at: "1:15",
  },
  { name: "a function that does not exist", script: "begin { foo(); }", says: "unknown function foo", at: "1:9" },
  {
    name: "a map function that does not exist",
    script: "begin { @x = nosuch(1); }",
    says: "unknown function nosuch",
    at: "1:14",
  },
  {
    name: "a tracepoint's field mistyped",
    script: "tracepoint:syscalls:sys_enter_openat { print(args.filenam); }",
    says: "has no field filenam",
    at: "1:51",
    help: "did you mean filename?",
  },
  {
    name: "a struct's field that does not exist",
    script: "begin { print(((struct task_struct *)0)->nosuch); }",
    says: "struct task_struct has no field nosuch",
    at: "1:42",
  },
  {
    name: "a struct that does not exist",
    script: "begin { $a = (struct nosuch *)0; print($a->x); }",
    says: "unknown type struct nosuch",
    at: "1:15",
  },
  {
    name: "retval where nothing returns",
    script: "begin { print(retval); }",
    says: "retval is not available in begin probes",
    at: "1:15",
    help: "expected a kretprobe",
  },
  {
    name: "arg0 where there are no arguments",
    script: "begin { print(arg0); }",
    says: "arg0 is not available in begin probes",
    at: "1:15",
  },
  {
    name: "a setting that does not exist",
    script: "config = { nosuch = 1 } begin { }",
    says: "unknown setting nosuch",
    at: "1:12",
  },
  {
    name: "a setting out of range",
    script: "config = { max_map_keys = 0 } begin { @x[1] = 1; }",
    says: "max_map_keys can't be 0",
    at: "1:12",
    help: "expected a number from 1",
  },
  {
    name: "a map type that does not exist",
    script: "let @x = nosuch(5); begin { @x[1] = 1; }",
    says: "unknown map type nosuch",
    at: "1:1",
    help: "the types are hash",
  },
  {
    name: "a map without room",
    script: "let @x = hash(0); begin { @x[1] = 1; }",
    says: "@x must have room for 1 to",
    at: "1:1",
  },
  {
    name: "a map declared twice",
    script: "let @x = hash(10); let @x = hash(10); begin { @x[1] = 1; }",
    says: "@x is declared twice",
    at: "1:20",
  },
  {
    name: "a map declared in a probe",
    script: "begin { let @x = hash(5); }",
    says: "a map's declaration must stand before the first probe",
    at: "1:13",
  },
];

/** @type {readonly WrongScript[]} */
export const types = [
  { name: "a string plus a number", script: 'begin { $x = "a" + 1; }', says: "+ can't be used on string", at: "1:14" },
  {
    name: "a string negated",
    script: 'begin { print(-"x"); }',
    says: "- can't be used on string",
    at: "1:15",
    help: "expected an integer",
  },
  {
    name: "a name compared with a number",
    script: "begin { if (comm == 5) { } }",
    says: "== can't be used on string",
    at: "1:13",
  },
  {
    name: "a variable of two types",
    script: 'begin { $x = 1; $x = "s"; }',
    says: "$x is int64 and can't hold string",
    at: "1:22",
    help: "first assigned here",
  },
  {
    name: "a map with keys of two types",
    script: 'begin { @x[1] = 1; @x["a"] = 2; }',
    says: "key 1 of @x is string",
    at: "1:23",
    help: "first used here",
  },
  {
    name: "a map with and without a key",
    script: "begin { @x = 1; @x[1] = 2; }",
    says: "@x is used with one key here and with no key elsewhere",
    at: "1:17",
  },
  {
    name: "a map of two kinds",
    script: "begin { @x = count(); @x = sum(1); }",
    says: "@x holds count() and can't hold sum()",
    at: "1:28",
  },
  { name: "division by zero", script: "begin { print(5 / 0); }", says: "a divisor must be other than 0", at: "1:19" },
  {
    name: "a format with too few arguments",
    script: 'begin { printf("%s\\n"); }',
    says: "the format has 1 conversion and 0 arguments",
    at: "1:9",
  },
  {
    name: "a format with too many arguments",
    script: 'begin { printf("x\\n", 1); }',
    says: "the format has 0 conversions and 1 argument",
    at: "1:9",
  },
  {
    name: "a format for another type",
    script: 'begin { printf("%d\\n", "s"); }',
    says: "%d can't print string",
    at: "1:24",
    help: "expected an integer",
  },
  {
    name: "a conversion that does not exist",
    script: 'begin { printf("%q\\n", 1); }',
    says: "unknown conversion %q",
    at: "1:16",
    help: "known are %d",
  },
  { name: "a format that is no text", script: "begin { printf(1); }", says: "printf()", at: "1:16" },
  {
    name: "too many arguments",
    script: "begin { print(str(1, 2, 3)); }",
    says: "str() does not take 3 arguments",
    at: "1:15",
    help: "expected str(pointer",
  },
  {
    name: "too few arguments",
    script: "begin { @h = lhist(1, 2); }",
    says: "lhist() does not take 2 arguments",
    at: "1:14",
  },
  {
    name: "a histogram upside down",
    script: "begin { @h = lhist(1, 10, 2, 1); }",
    says: "lhist() needs a minimum below its maximum",
    at: "1:14",
  },
  {
    name: "a histogram of a million buckets",
    script: "begin { @h = lhist(1, 0, 1000000, 1); }",
    says: "at most 1000 buckets",
    at: "1:14",
  },
  { name: "a number where a map is needed", script: "begin { clear(1); }", says: "clear() needs a map", at: "1:15" },
  {
    name: "an exit status that is no number",
    script: 'begin { exit("a"); }',
    says: "argument 1 of exit() is string",
    at: "1:14",
  },
  {
    name: "a stack of too many frames",
    script: "begin { print(kstack(5000)); }",
    says: "the number of frames must be from 1 to 127",
    at: "1:22",
  },
  {
    name: "too much unrolled",
    script: "begin { unroll(1000) { @ = 1; } }",
    says: "the number of repetitions must be from 1 to 100",
    at: "1:16",
  },
];

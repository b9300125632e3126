/** The functions. To add one: an entry here with its check, and its code in lowering. */
import type { Call } from "../../ast.ts";
import type { Type } from "../../types.ts";
import type { Handler } from "../handler.ts";
import { misplacedAggregation } from "./aggregations.ts";
import { checkConfigValue, checkGetopt } from "./options.ts";
import { checkClear, checkDelete, checkFind, checkHasKey, checkLen } from "./maps.ts";
import { checkClock, checkExit, checkPrint, checkPrintf, checkTime } from "./output.ts";
import {
  checkAssert,
  checkFail,
  checkIsErr,
  checkIsLiteral,
  checkJoin,
  checkKfunc,
  checkStaticAssert,
  checkSystem,
  checkUnwatch,
  kindTest,
} from "./control.ts";
import {
  addressSpace,
  checkBuf,
  checkMemcmp,
  checkStrConcat,
  checkStrcap,
  checkStrcontains,
  checkStrlen,
  checkStrstr,
  checkWriteUser,
} from "./memory.ts";
import {
  checkCgroupPath,
  checkCgroupid,
  checkMacaddr,
  checkNtop,
  checkOverride,
  checkPton,
  checkSignal,
  checkStrftime,
  naming,
} from "./naming.ts";
import {
  checkIds,
  checkKaddr,
  checkPath,
  checkPercpuKaddr,
  checkSkboutput,
  checkSocketCookie,
  checkUaddr,
  ofTask,
} from "./symbols.ts";
import { UINT32, stringOf } from "../../values.ts";
import { checkBswap, checkKernelSymbol, checkRegister, checkStack, checkUserSymbol } from "./addresses.ts";
import { checkStr, checkStrncmp } from "./strings.ts";

export interface FunctionInfo {
  /** How it is called, for messages and documentation. */
  readonly signature: string;
  readonly summary: string;
  /** Least and most number of arguments. */
  readonly args: readonly [least: number, most: number];
  /** Checks the arguments and gives the result's type. */
  readonly check: (handler: Handler, call: Call) => Type;
}

/** printf and its like take any number. */
const MANY = 64;

export const FUNCTIONS: Readonly<Record<string, FunctionInfo>> = {
  // Aggregations: the value of a map.
  avg: { signature: "@x = avg(number)", summary: "running average", args: [1, 1], check: misplacedAggregation },
  count: { signature: "@x = count()", summary: "number of calls", args: [0, 0], check: misplacedAggregation },
  hist: {
    signature: "@x = hist(number [, bits])",
    summary: "histogram of powers of two, each in 2^bits parts",
    args: [1, 2],
    check: misplacedAggregation,
  },
  lhist: {
    signature: "@x = lhist(number, min, max, step)",
    summary: "histogram of equal steps",
    args: [4, 4],
    check: misplacedAggregation,
  },
  max: { signature: "@x = max(number)", summary: "largest value", args: [1, 1], check: misplacedAggregation },
  min: { signature: "@x = min(number)", summary: "smallest value", args: [1, 1], check: misplacedAggregation },
  stats: {
    signature: "@x = stats(number)",
    summary: "count, average and total",
    args: [1, 1],
    check: misplacedAggregation,
  },
  sum: { signature: "@x = sum(number)", summary: "sum", args: [1, 1], check: misplacedAggregation },
  tseries: {
    signature: '@x = tseries(number, interval, intervals [, "avg"])',
    summary: "a value for each of the last intervals",
    args: [3, 4],
    check: misplacedAggregation,
  },
  // Maps.
  clear: { signature: "clear(@x)", summary: "remove all entries", args: [1, 1], check: checkClear },
  delete: {
    signature: "delete(@x, key)",
    summary: "remove one entry; was it there?",
    args: [1, 2],
    check: checkDelete,
  },
  find: { signature: "find(@x, key, $value)", summary: "look up an entry", args: [3, 3], check: checkFind },
  has_key: { signature: "has_key(@x, key)", summary: "is there an entry?", args: [2, 2], check: checkHasKey },
  len: { signature: "len(@x)", summary: "number of entries, or of a stack's frames", args: [1, 1], check: checkLen },
  zero: { signature: "zero(@x)", summary: "set all values to zero", args: [1, 1], check: checkClear },
  // Output.
  cat: { signature: "cat(format, ...)", summary: "print a file", args: [1, MANY], check: checkPrintf },
  debugf: {
    signature: "debugf(format, ...)",
    summary: "print to the kernel's trace pipe",
    args: [1, MANY],
    check: checkPrintf,
  },
  errorf: { signature: "errorf(format, ...)", summary: "print an error", args: [1, MANY], check: checkPrintf },
  exit: { signature: "exit([code])", summary: "end the session", args: [0, 1], check: checkExit },
  join: {
    signature: "join(array [, separator])",
    summary: "print an array of strings",
    args: [1, 2],
    check: checkJoin,
  },
  print: {
    signature: "print(value) or print(@x [, top [, divisor]])",
    summary: "print a value or a map",
    args: [1, 3],
    check: checkPrint,
  },
  printf: { signature: "printf(format, ...)", summary: "print by a format", args: [1, MANY], check: checkPrintf },
  system: { signature: "system(format, ...)", summary: "run a command", args: [1, MANY], check: checkSystem },
  time: { signature: "time([format])", summary: "print the time of day", args: [0, 1], check: checkTime },
  warnf: { signature: "warnf(format, ...)", summary: "print a warning", args: [1, MANY], check: checkPrintf },
  // Strings and memory.
  buf: { signature: "buf(pointer, length)", summary: "bytes of memory", args: [1, 2], check: checkBuf },
  bswap: { signature: "bswap(number)", summary: "bytes in reverse order", args: [1, 1], check: checkBswap },
  memcmp: { signature: "memcmp(left, right, length)", summary: "compare bytes", args: [3, 3], check: checkMemcmp },
  str: { signature: "str(pointer [, length])", summary: "string at an address", args: [1, 2], check: checkStr },
  strcap: { signature: "strcap(string)", summary: "room of a string", args: [1, 1], check: checkStrcap },
  strcontains: {
    signature: "strcontains(text, part)",
    summary: "is one string in another?",
    args: [2, 2],
    check: checkStrcontains,
  },
  str_concat: { signature: "str_concat(a, b)", summary: "two strings as one", args: [2, 2], check: checkStrConcat },
  strlen: { signature: "strlen(string)", summary: "length of a string", args: [1, 1], check: checkStrlen },
  strncmp: {
    signature: "strncmp(a, b, length)",
    summary: "0 if two strings begin alike",
    args: [3, 3],
    check: checkStrncmp,
  },
  strstr: {
    signature: "strstr(text, part)",
    summary: "place of one string in another",
    args: [2, 2],
    check: checkStrstr,
  },
  write_user: {
    signature: "write_user(pointer, value)",
    summary: "write user space's memory",
    args: [2, 2],
    check: checkWriteUser,
  },
  // Addresses, stacks and symbols.
  kaddr: { signature: "kaddr(name)", summary: "address of a kernel symbol", args: [1, 1], check: checkKaddr },
  kptr: {
    signature: "kptr(pointer)",
    summary: "a pointer into the kernel",
    args: [1, 1],
    check: addressSpace("kernel"),
  },
  kstack: { signature: "kstack([mode] [, frames])", summary: "the kernel's stack", args: [0, 2], check: checkStack },
  ksym: { signature: "ksym(address)", summary: "name of a kernel address", args: [1, 1], check: checkKernelSymbol },
  percpu_kaddr: {
    signature: "percpu_kaddr(name [, cpu])",
    summary: "address of a per-CPU symbol",
    args: [1, 2],
    check: checkPercpuKaddr,
  },
  reg: { signature: "reg(name)", summary: "value of a register", args: [1, 1], check: checkRegister },
  uaddr: { signature: "uaddr(name)", summary: "address of a user-space symbol", args: [1, 1], check: checkUaddr },
  uptr: { signature: "uptr(pointer)", summary: "a pointer into user space", args: [1, 1], check: addressSpace("user") },
  dw_ustack: {
    signature: "dw_ustack([mode] [, frames])",
    summary: "user space's stack, unwound by .eh_frame: no frame pointers needed",
    args: [0, 2],
    check: checkStack,
  },
  ustack: { signature: "ustack([mode] [, frames])", summary: "user space's stack", args: [0, 2], check: checkStack },
  usym: { signature: "usym(address)", summary: "name of a user-space address", args: [1, 1], check: checkUserSymbol },
  // Time and names.
  cgroup_path: { signature: "cgroup_path(id)", summary: "path of a cgroup", args: [1, 2], check: checkCgroupPath },
  cgroupid: { signature: "cgroupid(path)", summary: "id of a cgroup", args: [1, 1], check: checkCgroupid },
  comm: {
    signature: "comm([pid])",
    summary: "name of a process",
    args: [1, 1],
    check: naming(() => ({ kind: "comm" })),
  },
  macaddr: { signature: "macaddr(bytes)", summary: "a hardware address", args: [1, 1], check: checkMacaddr },
  nsecs: { signature: "nsecs([clock])", summary: "a clock's nanoseconds", args: [0, 1], check: checkClock },
  ntop: { signature: "ntop([family,] address)", summary: "an IP address", args: [1, 2], check: checkNtop },
  path: { signature: "path(pointer [, length])", summary: "a file's path", args: [1, 2], check: checkPath },
  pton: { signature: "pton(text)", summary: "bytes of an IP address", args: [1, 1], check: checkPton },
  signal_name: {
    signature: "signal_name(number)",
    summary: "a signal's name",
    args: [1, 1],
    check: naming(() => ({ kind: "signal" })),
  },
  socket_cookie: {
    signature: "socket_cookie(socket)",
    summary: "a socket's cookie",
    args: [1, 1],
    check: checkSocketCookie,
  },
  strerror: {
    signature: "strerror(number)",
    summary: "an error's text",
    args: [1, 1],
    check: naming(() => ({ kind: "error" })),
  },
  strftime: { signature: "strftime(format, nsecs)", summary: "a time as text", args: [2, 2], check: checkStrftime },
  syscall_name: {
    signature: "syscall_name(number)",
    summary: "a system call's name",
    args: [1, 1],
    check: naming(({ program }) => ({ kind: "syscall", arch: program.target.arch })),
  },
  pid: { signature: "pid([curr_ns or init])", summary: "the process id", args: [1, 1], check: checkIds },
  tid: { signature: "tid([curr_ns or init])", summary: "the thread id", args: [1, 1], check: checkIds },
  ppid: { signature: "ppid([task])", summary: "the parent's process id", args: [1, 1], check: ofTask(UINT32) },
  pcomm: { signature: "pcomm([task])", summary: "the process's name", args: [1, 1], check: ofTask(stringOf(16)) },
  // Decided when compiling.
  is_array: { signature: "is_array(x)", summary: "is it an array?", args: [1, 1], check: kindTest(isArray) },
  is_err: { signature: "is_err(pointer)", summary: "does it stand for an error?", args: [1, 1], check: checkIsErr },
  is_integer: { signature: "is_integer(x)", summary: "is it an integer?", args: [1, 1], check: kindTest(isInt) },
  is_literal: { signature: "is_literal(x)", summary: "is it a literal?", args: [1, 1], check: checkIsLiteral },
  is_ptr: { signature: "is_ptr(x)", summary: "is it a pointer?", args: [1, 1], check: kindTest(isPointer) },
  is_str: { signature: "is_str(x)", summary: "is it a string?", args: [1, 1], check: kindTest(isString) },
  is_unsigned_integer: {
    signature: "is_unsigned_integer(x)",
    summary: "is it an unsigned integer?",
    args: [1, 1],
    check: kindTest(isUnsigned),
  },
  kfunc_exist: {
    signature: "kfunc_exist(name)",
    summary: "has the kernel this function for programs?",
    args: [1, 1],
    check: checkKfunc,
  },
  kfunc_allowed: {
    signature: "kfunc_allowed(name)",
    summary: "may this probe call it?",
    args: [1, 1],
    check: checkKfunc,
  },
  static_assert: {
    signature: "static_assert(condition, message)",
    summary: "refuse to compile unless the condition holds",
    args: [2, 2],
    check: checkStaticAssert,
  },
  // Control.
  assert: {
    signature: "assert(condition, message)",
    summary: "end with an error unless the condition holds",
    args: [2, 2],
    check: checkAssert,
  },
  config: { signature: "config(name)", summary: "a setting", args: [1, 1], check: checkConfigValue },
  fail: { signature: "fail(format, ...)", summary: "refuse to compile", args: [1, MANY], check: checkFail },
  getopt: {
    signature: "getopt(name [, default [, description]])",
    summary: "an option of the script",
    args: [1, 3],
    check: checkGetopt,
  },
  override: {
    signature: "override(value)",
    summary: "return from the probed function",
    args: [1, 1],
    check: checkOverride,
  },
  signal: { signature: "signal(name)", summary: "send a signal to the process", args: [1, 1], check: checkSignal },
  signal_thread: {
    signature: "signal_thread(name)",
    summary: "send a signal to the thread",
    args: [1, 1],
    check: checkSignal,
  },
  skboutput: {
    signature: "skboutput(path, skb, length, offset)",
    summary: "write a packet to a pcap file",
    args: [4, 4],
    check: checkSkboutput,
  },
  unwatch: { signature: "unwatch(address)", summary: "remove a watchpoint", args: [1, 1], check: checkUnwatch },
};

function isArray(type: Type): boolean {
  return type.kind === "array";
}

function isInt(type: Type): boolean {
  return type.kind === "int";
}

function isPointer(type: Type): boolean {
  return type.kind === "pointer";
}

function isString(type: Type): boolean {
  return type.kind === "string";
}

function isUnsigned(type: Type): boolean {
  return type.kind === "int" && !type.signed;
}

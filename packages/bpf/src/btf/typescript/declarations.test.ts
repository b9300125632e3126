import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import type { TypeId } from "../btf.ts";
import { BtfBuilder } from "../builder.ts";
import { BtfReader } from "../reader.ts";
import { read } from "../testing.ts";
import { inTemporary } from "../testing/bpftool.ts";
import { printTypeScript } from "./declarations.ts";
import { PRELUDE } from "./prelude.ts";

const TSC = path.join(path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

/** What `tsc --strict` says of a module with the declarations and of one that uses them. */
function check(declarations: string, use = ""): string {
  return inTemporary((folder) => {
    writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(path.join(folder, "kernel.ts"), declarations);
    writeFileSync(path.join(folder, "use.ts"), use);
    const words = [
      "--strict",
      "--noEmit",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--types",
      "",
      "kernel.ts",
      "use.ts",
    ];
    return spawnSync(process.execPath, [TSC, ...words], { cwd: folder, encoding: "utf8" }).stdout;
  });
}

/** What follows the prelude. */
function body(btf: BtfReader, roots: Iterable<TypeId> = allIds(btf)): string {
  return printTypeScript(btf, roots).slice(PRELUDE.length).trim();
}

function allIds(btf: BtfReader): TypeId[] {
  return Array.from({ length: btf.size - 1 }, (_, index) => index + 1);
}

test("structs are interfaces, and C's anonymous members are their own", () => {
  const btf = new BtfBuilder();
  const [byte, int, char] = [
    btf.int("unsigned char", 1, "unsigned"),
    btf.int("int", 4, "signed"),
    btf.int("char", 1, "char"),
  ];
  const node = btf.declare("struct", "node");
  const inner = btf.union("", 8, [
    { name: "address", type: btf.int("long unsigned int", 8, "unsigned"), bitOffset: 0 },
    { name: "low", type: int, bitOffset: 0 },
  ]);
  btf.define(node, 64, [
    { name: "next", type: btf.ptr(btf.const(node)), bitOffset: 0 },
    { name: "name", type: btf.array(char, 16), bitOffset: 64 },
    { name: "", type: inner, bitOffset: 192 },
    { name: "class", type: btf.array(byte, 6), bitOffset: 256 },
    { name: "flag", type: byte, bitOffset: 307, bitSize: 2 },
    { name: "from", type: btf.ptr(btf.typeTag("user", btf.const(char))), bitOffset: 320 },
    { name: "pair", type: btf.struct("", 8, [{ name: "left", type: int, bitOffset: 0 }]), bitOffset: 384 },
    { name: "opaque", type: btf.ptr(btf.fwd("secret", false)), bitOffset: 448 },
  ]);
  assert.equal(
    body(read(btf)),
    `export interface node {
  readonly next: Ptr<node>; // +0
  readonly name: Text<16>; // +8
  readonly address: u64; // +24
  readonly low: s32; // +24
  readonly class: List<u8, 6>; // +32
  readonly flag: u8; // +38.3 :2
  readonly from: Ptr<char, "user">; // +40
  readonly pair: {
    readonly left: s32; // +0
  }; // +48
  readonly opaque: Ptr<secret>; // +56
}

export interface secret extends Brand<"secret"> {}`,
  );
});

test("enums are objects and the union of their values; functions are declared; tracepoints are listed", () => {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, "signed");
  const mode = btf.enum("mode", 4, false, [
    { name: "READ", value: 0 },
    { name: "WRITE", value: 1 },
  ]);
  btf.enum("wide", 8, false, [{ name: "TOP", value: 2n ** 63n }]);
  const state = btf.typedef("state_t", btf.enum("", 4, false, [{ name: "ON", value: 1 }]));
  const task = btf.struct("class", 4, [{ name: "x", type: int, bitOffset: 0 }]);
  const open = btf.funcProto(int, [
    { name: "new", type: btf.ptr(task) },
    { name: "mode", type: mode },
    { name: "", type: 0 },
  ]);
  btf.func("open", open, "static");
  const data = btf.ptr(0);
  btf.typedef(
    "btf_trace_opened",
    btf.ptr(
      btf.funcProto(0, [
        { name: "", type: data },
        { name: "", type: btf.ptr(task) },
        { name: "", type: state },
      ]),
    ),
  );
  btf.func(
    "__bpf_trace_opened",
    btf.funcProto(0, [
      { name: "__data", type: data },
      { name: "task", type: btf.ptr(task) },
      { name: "state", type: state },
    ]),
    "static",
  );
  const types = read(btf);
  assert.equal(
    body(
      types,
      allIds(types).filter((id) => id !== types.find("__bpf_trace_opened", "func")[0]),
    ),
    `export const mode = {
  READ: 0,
  WRITE: 1,
} as const;
export type mode = (typeof mode)[keyof typeof mode];

export const wide = {
  TOP: 9223372036854775808n,
} as const;
export type wide = (typeof wide)[keyof typeof wide];

export const state_t = {
  ON: 1,
} as const;
export type state_t = (typeof state_t)[keyof typeof state_t];

export interface class_ {
  readonly x: s32; // +0
}

export declare function open(new_: Ptr<class_>, mode: mode, ...rest: readonly unknown[]): s32;

/** What a program at a tracepoint is given. */
export interface Tracepoints {
  readonly opened: (task: Ptr<class_>, state: state_t) => void;
}`,
  );
});

test("typedefs of the name that a type has anyway are no other type", () => {
  const btf = new BtfBuilder();
  const byte = btf.int("unsigned char", 1, "unsigned");
  btf.typedef("u8", btf.typedef("__u8", byte));
  btf.typedef("file", btf.struct("file", 1, [{ name: "x", type: byte, bitOffset: 0 }]));
  btf.union("file", 1, [{ name: "y", type: byte, bitOffset: 0 }]);
  assert.equal(
    body(read(btf)),
    `export type __u8 = u8;

export interface file {
  readonly x: u8; // +0
}

export interface file___2 {
  readonly y: u8; // +0
}`,
  );
});

test("tsc takes what the kernel's main structs reach, and finds mistakes by it", () => {
  const vmlinux = new BtfReader(readFileSync("/sys/kernel/btf/vmlinux"));
  const structs = ["task_struct", "sk_buff", "request", "file"].flatMap((name) => vmlinux.find(name, "struct"));
  const functions = ["vfs_read", "tcp_sendmsg"].flatMap((name) => vmlinux.find(name, "func"));
  const tracepoints = [...vmlinux.ids("typedef")].filter((id) => {
    const type = vmlinux.type(id);
    return type.kind === "typedef" && type.name.startsWith("btf_trace_");
  });
  const text = printTypeScript(vmlinux, [...structs, ...functions, ...tracepoints]);
  assert.ok(text.split("export interface ").length > 1500);
  const use = `import { type task_struct, type Tracepoints, pid_type, vfs_read, type u32, type u16, type Ptr, type file } from "./kernel.js";
export const right = (task: task_struct): [string, number, bigint, 0] => [task.comm, task.pid, task.start_time, pid_type.PIDTYPE_PID];
export const handler: Tracepoints["sched_switch"] = (preempt, previous, next) => { const same: boolean = preempt; void [same, previous, next]; };
export const call = (file: Ptr<file>): unknown => vfs_read(file, 0n, 1n, 0n);
export const wide = (value: u32): u32 => value;
`;
  assert.equal(check(text, use), "");
  const mistakes = `import { type task_struct, type Tracepoints, pid_type, type u32, type u16, type Ptr, type file } from "./kernel.js";
export const a = (task: task_struct): unknown => task.pidd;
export const b = (value: u32): u16 => value;
export const c: pid_type = 77;
export const d: Tracepoints["sched_switch"] = (preempt: string) => void preempt;
export const e = (file: Ptr<file>): Ptr<task_struct> => file;
`;
  const found = new Set(check(text, mistakes).match(/^use\.ts\(\d+/gm));
  assert.deepEqual(
    [...found],
    [2, 3, 4, 5, 6].map((line) => `use.ts(${line}`),
  );
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseFormat } from "./format.ts";

const fixture = (name: string): string => readFileSync(new URL(`../../testdata/${name}`, import.meta.url), "latin1");

test("a format file gives the record's fields, the common ones first", () => {
  const format = parseFormat("sched", fixture("sched_process_exec.format"));
  assert.deepEqual(
    format?.fields.map((field) => field.name),
    ["common_type", "common_flags", "common_preempt_count", "common_pid", "filename", "pid", "old_pid"],
  );
  assert.equal(format.name, "sched_process_exec");
  assert.equal(format.category, "sched");
  assert.equal(format.id, 365);
  assert.deepEqual(format.fields[3], { name: "common_pid", type: "int", offset: 4, size: 4, signed: true });
  assert.deepEqual(format.fields[4], {
    name: "filename",
    type: "__data_loc char[]",
    offset: 8,
    size: 4,
    signed: false,
  });
  assert.deepEqual(format.fields[5], { name: "pid", type: "pid_t", offset: 12, size: 4, signed: true });
});

test("pointers and arrays keep their types, names lose them", () => {
  const openat = parseFormat("syscalls", fixture("sys_enter_openat.format"));
  const filename = openat?.fields.find((field) => field.name === "filename");
  assert.deepEqual(filename, { name: "filename", type: "const char *", offset: 24, size: 8, signed: false });

  const made = parseFormat(
    "x",
    "name: x\nID: 1\nformat:\n\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n\tfield:unsigned long m[2][3];\toffset:24;\tsize:48;\tsigned:0;\n",
  );
  assert.deepEqual(
    made?.fields.map(({ name, type }) => ({ name, type })),
    [
      { name: "comm", type: "char[16]" },
      { name: "m", type: "unsigned long[2][3]" },
    ],
  );
});

test("a file of another kind is no format", () => {
  assert.equal(parseFormat("x", "none\n"), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfReader } from "@sonde/bpf/btf";
import { readObject, writeObject } from "@sonde/bpf/elf";
import { Vm, words } from "@sonde/bpf/vm";
import { assemble, AssemblyError } from "./asm.ts";
import { defineObject } from "./define.ts";

const TWICE = "r1 = *(u64 *)(r1 + 0)\ncall twice\nexit\ntwice: r0 = r1\nr0 *= 2\nexit";

test("sections say what programs are; maps have what they do not say", () => {
  const { programs, maps, license } = defineObject({
    maps: { one: { type: "array" }, other: { type: "lru_hash", keySize: 16, maxEntries: 5 } },
    programs: {
      on_exec: { section: "tracepoint/sched/sched_process_exec", code: "r0 = 0\nexit" },
      later: { section: "?xdp", code: assemble("r0 = 2\nexit") },
    },
  });
  assert.equal(license, "GPL");
  assert.deepEqual(
    maps.map(({ name, type, keySize, valueSize, maxEntries }) => [name, type, keySize, valueSize, maxEntries]),
    [
      ["one", "array", 4, 8, 1],
      ["other", "lru_hash", 16, 8, 5],
    ],
  );
  assert.deepEqual(
    programs.map(({ name, type, autoload }) => [name, type, autoload]),
    [
      ["on_exec", "tracepoint", true],
      ["later", "xdp", false],
    ],
  );
  assert.deepEqual(programs[0]!.attach, [{ kind: "tracepoint", category: "sched", name: "sched_process_exec" }]);
});

test("functions have names in BTF, those that are called included", () => {
  const spec = defineObject({ programs: { run: { section: "raw_tp", code: TWICE } } });
  const btf = new BtfReader(spec.btf);
  const names = [...spec.programs[0]!.functions].map(([label, id]) => {
    const type = btf.type(id);
    return type.kind === "func" ? [label, type.name, type.linkage] : [label];
  });
  assert.deepEqual(names, [
    ["run", "run", "global"],
    ["twice", "twice", "static"],
  ]);
});

test("what is defined runs in the VM, and as well when it has been a file", () => {
  const spec = defineObject({ programs: { run: { section: "raw_tp", code: TWICE } } });
  for (const object of [spec, readObject(writeObject(spec))])
    assert.equal(new Vm(object).run("run", words(21)).result, 42n);
});

test("a label of the program's own at its start is kept", () => {
  const spec = defineObject({
    programs: { run: { section: "raw_tp", code: "again: r0 = 0\nif r0 != 0 goto again\nexit" } },
  });
  assert.equal(spec.programs[0]!.instructions[0]!.label, "again");
  assert.equal(new Vm(spec).run("run", words(0)).result, 0n);
});

test("what is wrong is named", () => {
  assert.throws(
    () => defineObject({ programs: { run: { section: "tracpoint/a/b", code: "exit" } } }),
    /program 'run': libbpf has no section 'tracpoint/,
  );
  assert.throws(
    () => defineObject({ programs: { run: { section: "raw_tp", code: "r0 = 0\nexti" } } }),
    (error) => error instanceof AssemblyError && error.line === 2,
  );
});

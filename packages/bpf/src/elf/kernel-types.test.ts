/** BTF of objects with externs, in the form that the kernel takes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfReader } from "../btf/reader.ts";
import { kernelTypes } from "./kernel-types.ts";
import { readObject } from "./read/object.ts";
import { compile } from "./testing/objects.ts";

for (const name of ["elf-kinds", "elf-kconfig", "elf-kernel-symbols"]) {
  test(`no extern is left, sections are laid out, other types are as they were: ${name}`, () => {
    const spec = readObject(compile(name));
    const before = new BtfReader(spec.btf);
    const after = new BtfReader(kernelTypes(spec));
    assert.ok(after.size >= before.size);
    for (let id = 1; id < after.size; id++) {
      const type = after.type(id);
      if (type.kind === "var" || type.kind === "func") assert.notEqual(type.linkage, "extern", type.name);
      if (type.kind === "func") {
        const prototype = after.type(type.type);
        assert.ok(prototype.kind === "funcProto" && prototype.params.every((param) => param.name !== ""), type.name);
      }
      if (type.kind !== "datasec") {
        if (id < before.size && !["var", "func", "funcProto"].includes(type.kind))
          assert.deepEqual(type, before.type(id));
        continue;
      }
      let end = 0;
      for (const variable of type.variables) {
        assert.equal(after.type(variable.type).kind, "var");
        assert.ok(variable.offset >= end, type.name);
        end = variable.offset + variable.size;
      }
      assert.ok(type.size > 0 && end <= type.size, type.name);
    }
  });
}

test("configuration values lie where the map has them", () => {
  const spec = readObject(compile("elf-kconfig"));
  const btf = new BtfReader(kernelTypes(spec));
  const datasec = btf.type(btf.find(".kconfig", "datasec")[0]!);
  const placed =
    datasec.kind === "datasec"
      ? datasec.variables.map(({ type, offset }) => [(btf.type(type) as { name: string }).name, offset])
      : [];
  assert.deepEqual(
    placed,
    spec.externs!.map((extern) => [extern.name, extern.kind === "kconfig" ? extern.offset : -1]),
  );
});

test("an object without externs keeps its BTF as it is", () => {
  const spec = readObject(compile("elf-struct-ops"));
  assert.equal(kernelTypes(spec), spec.btf);
});

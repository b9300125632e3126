import assert from "node:assert/strict";
import { BtfBuilder, BtfReader } from "@sonde/bpf/btf";
import { BpfCommand } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";
import { openKernel } from "../sys/linux.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { loadObjectBtf } from "./object-btf.ts";
import { reduceBtf } from "@sonde/bpf/btf";

const kernel = openKernel();

/** Types of every kind that came after 5.10, with others around them. */
function modernBtf(): Uint8Array {
  const builder = new BtfBuilder();
  const float = builder.float("double", 8);
  const wide = builder.enum("wide", 8, false, [
    { name: "BIG", value: 1n << 40n },
    { name: "SMALL", value: 1n },
  ]);
  const tagged = builder.typeTag("user", builder.int("int", 4, "signed"));
  const struct = builder.struct("all", 24, [
    { name: "f", type: float, bitOffset: 0 },
    { name: "e", type: wide, bitOffset: 64 },
    { name: "p", type: builder.ptr(tagged), bitOffset: 128 },
  ]);
  builder.declTag("kfunc", struct, 1);
  builder.typedef("all_t", struct);
  return builder.encode();
}

kernelTest("reduced BTF keeps ids, names and sizes, and the kernel takes it", () => {
  const before = new BtfReader(modernBtf());
  const after = new BtfReader(reduceBtf(modernBtf()));
  assert.equal(after.size, before.size);
  const kinds = Array.from({ length: after.size }, (_, id) => after.type(id).kind);
  for (const modern of ["float", "declTag", "typeTag", "enum64"] as const) {
    assert.ok(before.size > 0 && !kinds.includes(modern), modern);
  }
  const id = before.find("all", "struct")[0]!;
  assert.deepEqual(after.type(id), before.type(id));
  loadObjectBtf(kernel, reduceBtf(modernBtf()), "test").fd.close();
});

kernelTest("types that an older kernel refuses are reduced and loaded again", () => {
  const sizes: number[] = [];
  const older: Kernel = {
    ...kernel,
    bpf: (command, attr) => {
      if (command !== BpfCommand.BTF_LOAD) return kernel.bpf(command, attr);
      sizes.push(attr.readU32(16));
      return sizes.length === 1 ? -Errno.EINVAL : kernel.bpf(command, attr);
    },
  };
  const { fd, reduced } = loadObjectBtf(older, modernBtf(), "test");
  fd.close();
  assert.equal(reduced, true);
  assert.equal(sizes.length, 2);
  assert.ok(sizes[1]! < sizes[0]!);
});

kernelTest("BTF that is wrong is refused with the kernel's words", () => {
  const builder = new BtfBuilder();
  builder.ptr(77);
  assert.throws(
    () => loadObjectBtf(kernel, builder.encode(), "object 'x'"),
    (error) =>
      error instanceof KernelError &&
      error.call === "BPF_BTF_LOAD" &&
      /type_id=77|77/.test(error.kernelText) &&
      /The kernel says/.test(error.message),
  );
});

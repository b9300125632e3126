/** What the kernel is told of struct_ops that a module offers: no module of Debian's kernels does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder, BtfReader } from "@sonde/bpf/btf";
import type { Btf } from "@sonde/bpf/btf";
import type { MapSpec } from "@sonde/bpf/spec";
import { KernelTypes, ModuleTypes } from "../programs/kernel-types.ts";
import { BpfCommand, Errno, type Kernel, UnsupportedFeatureError, openKernel } from "../sys/index.ts";
import { createStructOps, structOpsOf } from "./struct-ops.ts";

const FLAG_MODULE = 0x8000;
const MODULE_FD = 77;

/** The kernel has int only; the module struct test_ops and what wraps it. */
function moduleTypes(): { readonly vmlinux: BtfReader; readonly module: BtfReader } {
  const base = new BtfBuilder();
  base.int("int", 4, "signed");
  const vmlinux = new BtfReader(base.encode());
  const split = new BtfBuilder({ base: vmlinux });
  const pointer = split.ptr(split.funcProto(1, []));
  const ops = split.struct("test_ops", 16, [
    { name: "flags", type: 1, bitOffset: 0 },
    { name: "answer", type: pointer, bitOffset: 64 },
  ]);
  split.struct("bpf_struct_ops_test_ops", 128, [
    { name: "common", type: 1, bitOffset: 0 },
    { name: "data", type: ops, bitOffset: 512 },
  ]);
  return { vmlinux, module: new BtfReader(split.encode(), { base: vmlinux }) };
}

/** As clang lays it out for an object that fills it in. */
function object(): { readonly btf: Btf; readonly spec: MapSpec } {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, "signed");
  const value = builder.struct("test_ops", 16, [
    { name: "answer", type: builder.ptr(builder.funcProto(int, [])), bitOffset: 0 },
    { name: "flags", type: int, bitOffset: 64 },
  ]);
  const data = new Uint8Array(16);
  data[8] = 5;
  return {
    btf: new BtfReader(builder.encode()),
    spec: {
      name: "ops",
      type: "struct_ops",
      keySize: 4,
      valueSize: 16,
      maxEntries: 1,
      flags: 0,
      keyTypeId: 0,
      valueTypeId: value,
      data,
      references: [{ kind: "program", name: "answer", at: 0 }],
    },
  };
}

class FakeModule extends ModuleTypes {
  override get fd(): number {
    return MODULE_FD;
  }
}

/** Types of a kernel with one module loaded. */
function types(kernel: Kernel, loaded: boolean): KernelTypes {
  const { vmlinux, module } = moduleTypes();
  const found = new KernelTypes(kernel, () => vmlinux);
  found.modules = function* () {
    if (loaded) yield new FakeModule(kernel, "test", module);
  };
  return found;
}

test("the module's struct is found, and its programs and map are made for it", () => {
  const kernel = openKernel();
  const { btf, spec } = object();
  const ops = structOpsOf(spec, btf, types(kernel, true));
  assert.equal(ops.module?.name, "test");
  assert.equal(ops.value.length, 128);
  assert.equal(ops.value[64], 5);
  assert.deepEqual(ops.functions, [{ program: "answer", valueOffset: 72 }]);
  assert.deepEqual(ops.points.get("answer"), {
    expectedAttachType: 1,
    btfTarget: { name: "test_ops", kind: "struct", module: "test" },
    targets: [],
  });

  let asked: readonly number[] = [];
  const refusing: Kernel = {
    ...kernel,
    bpf: (command, attr) => {
      assert.equal(command, BpfCommand.MAP_CREATE);
      asked = [attr.readU32(16), attr.readU32(60), attr.readU32(72), attr.size];
      return -Errno.E2BIG;
    },
  };
  assert.throws(
    () => createStructOps(refusing, ops, 3),
    (error) => error instanceof UnsupportedFeatureError && error.since === "6.9" && /here test/.test(error.message),
  );
  assert.deepEqual(asked, [FLAG_MODULE, ops.valueTypeId, MODULE_FD, 76]);
});

test("what neither the kernel nor a module offers is said", () => {
  const kernel = openKernel();
  const { btf, spec } = object();
  assert.throws(
    () => structOpsOf(spec, btf, types(kernel, false)),
    /neither the kernel nor a loaded module has a struct bpf_struct_ops_test_ops/,
  );
});

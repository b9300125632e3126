import assert from "node:assert/strict";
import { exit, loadMap, loadMapValue, load as loadWord, mov64Imm } from "@sonde/bpf/asm";
import { BtfBuilder } from "@sonde/bpf/btf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { BpfCommand, MapFlag } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import type { Kernel } from "../sys/kernel.ts";
import { leaked, openKernelDescriptors } from "../sys/leaks.ts";
import { openKernel } from "../sys/linux.ts";
import { objectInfo } from "../sys/bpf/object-commands.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { loadCollection } from "./load.ts";
import { testMap, testObject } from "./test-object.ts";

const kernel = openKernel();
const vmlinux = (): undefined => undefined;

const maps = [testMap("a", "hash"), testMap("b", "percpu_array"), testMap("c", "array", { flags: MapFlag.MMAPABLE })];

/** The kernel, which refuses the nth call of one command. */
function refusing(command: number, nth: number, errno: number): Kernel {
  let calls = 0;
  return { ...kernel, bpf: (which, attr) => (which === command && ++calls === nth ? -errno : kernel.bpf(which, attr)) };
}

/** Fails, and leaves nothing open. */
function assertNothingLeft(spec: ObjectSpec, want: object | RegExp, on: Kernel = kernel): void {
  const before = openKernelDescriptors();
  assert.throws(() => loadCollection(on, spec, { vmlinux }), want);
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
}

kernelTest("programs read the maps they name", () => {
  const data = new Uint8Array(new BigUint64Array([5n, 77n]).buffer);
  const section = testMap("data", "array", { valueSize: 16, maxEntries: 1, flags: MapFlag.RDONLY_PROG, data });
  const instructions = [loadMapValue(1, "data", 8), loadWord(8, 0, 1, 0), exit()];
  using collection = loadCollection(kernel, testObject([{ instructions }], [...maps, section]), { vmlinux });
  assert.equal(collection.program("main").testRun().returned, 77);
  assert.deepEqual(
    [...collection.maps].map(({ name }) => name),
    ["a", "b", "c", "data"],
  );
  assert.throws(() => collection.map("d"), /object 'test' has no map 'd': it has a, b, c, data/);
});

kernelTest("maps carry their types where the kernel takes them, and go without where it does not", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, "signed");
  const long = builder.int("long", 8, "signed");
  const typed = { keyTypeId: int, valueTypeId: long };
  const stacks = testMap("stacks", "stack_trace", { ...typed, valueSize: 8 });
  using collection = loadCollection(kernel, testObject([], [testMap("hash", "hash", typed), stacks], builder), {
    vmlinux,
  });
  // struct bpf_map_info: 68 btf_key_type_id, 72 btf_value_type_id.
  const typesOf = (name: string): readonly number[] => {
    const info = objectInfo(kernel, collection.map(name).fd, 80, name);
    return [info.getUint32(68, true), info.getUint32(72, true)];
  };
  assert.deepEqual(typesOf("hash"), [int, long]);
  assert.deepEqual(typesOf("stacks"), [0, 0]);
});

kernelTest("whatever fails, nothing is left", () => {
  assertNothingLeft(
    testObject([{}], maps),
    { code: "ENOMEM", subject: "map 'c'" },
    refusing(BpfCommand.MAP_CREATE, 3, Errno.ENOMEM),
  );
  assertNothingLeft(
    testObject([{}], maps),
    { call: "BPF_BTF_LOAD" },
    {
      ...kernel,
      bpf: (command, attr) => (command === BpfCommand.BTF_LOAD ? -Errno.ENOMEM : kernel.bpf(command, attr)),
    },
  );
  assertNothingLeft(testObject([{}, { name: "bad", instructions: [mov64Imm(1, 0), exit()] }], maps), {
    name: "VerifierError",
    reason: "R0 !read_ok",
  });
  assertNothingLeft(
    testObject([{}, { name: "lost", instructions: [loadMap(1, "nowhere"), mov64Imm(0, 0), exit()] }], maps),
    /object 'test' refers to a map 'nowhere' that it does not define/,
  );
});

kernelTest("hundreds of collections come and go without a descriptor left", () => {
  const before = openKernelDescriptors();
  const spec = testObject([{}, { name: "second" }], maps);
  for (let i = 0; i < 300; i++) {
    using collection = loadCollection(kernel, spec, { vmlinux });
    if (i % 10 === 0) collection.map("c").memory();
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

/** The project's own objects, loaded and run: what they find in the kernel, and what they do. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { release } from "node:os";
import { createMap, MapMismatchError } from "../maps/index.ts";
import { openPinnedProgram, VerifierError } from "../programs/index.ts";
import { KernelError, leaked, openKernel, openKernelDescriptors } from "../sys/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { openObject } from "./editor.ts";
import { loadCollection, loadCollectionAsync } from "./load.ts";
import { kernelTypes, objectSpec, objectWith } from "./testing/objects.ts";
import { testMap, testObject } from "./test-object.ts";

const kernel = openKernel();
const vmlinux = kernelTypes();
const key = (index: number): Uint8Array => new Uint8Array(Uint32Array.of(index).buffer);
const u64 = (bytes: Uint8Array | undefined): bigint =>
  new DataView(bytes!.buffer, bytes!.byteOffset).getBigUint64(0, true);

kernelTest(
  "values of the kernel's configuration and symbols are the kernel's own",
  { needs: ["kernel_config"] },
  () => {
    using collection = loadCollection(kernel, objectSpec("externs"), { vmlinux });
    collection.program("from_kernel").testRun();
    const found = collection.globals<Record<string, bigint | number>>("bss");
    const [major = 0, minor = 0] = release().split(".").map(Number.parseFloat);
    assert.equal(Number(found["kernel_version"]) >> 8, (major << 8) + minor);
    assert.ok([100n, 250n, 300n, 1000n].includes(found["hz"] as bigint), `${found["hz"]} ticks a second`);
    assert.equal(found["weak_option"], 0);
    assert.equal(found["missing_address"], 0n);
    const line = /^([0-9a-f]+) T schedule$/m.exec(readFileSync("/proc/kallsyms", "latin1"));
    assert.equal(found["schedule_address"], BigInt(`0x${line?.[1]}`));
  },
);

kernelTest("an object for big-endian machines is refused", () => {
  const spec = { ...objectSpec("functions"), byteOrder: "big" } as const;
  const refused = /object 'functions' is for big-endian machines .* cannot be .*: compile it with -target bpfel/;
  assert.throws(() => loadCollection(kernel, spec, { vmlinux }), refused);
  assert.throws(() => openObject(spec).globals(".rodata"), refused);
});

kernelTest("a typed variable of the kernel has an address on each CPU", { needs: ["kernel_variables"] }, () => {
  using collection = loadCollection(kernel, objectSpec("variables"), { vmlinux });
  collection.program("from_kernel").testRun();
  assert.equal(collection.globals("bss")["found"], 1);
});

kernelTest(
  "subprograms, callbacks, inner maps and a tail call through a filled array",
  { needs: ["callbacks"] },
  () => {
    const object = openObject(objectSpec("functions"));
    object.globals<{ step: number }>(".rodata").step = 5;
    object.globals<{ start: number }>("data").start = 16;
    using collection = loadCollection(kernel, object.spec(), { vmlinux });
    const result = collection.program("first_program").testRun();
    assert.equal(result.returned, 5);
    const { visited, jumped, state } = collection.globals<{ visited: bigint; jumped: bigint; state: bigint }>("bss");
    assert.equal(visited, 42n); // (16 + 5) * 2
    assert.equal(jumped, 1n);
    assert.equal(state, BigInt(process.pid));
    assert.equal(u64(collection.map("right").lookup(key(0))), 42n);
    assert.equal(u64(collection.map("left").lookup(key(0))), 0n);
    assert.deepEqual(collection.report.programs.map(({ name, state: how }) => `${name} ${how}`).sort(), [
      "first_program loaded",
      "second_program loaded",
    ]);
  },
);

kernelTest("what is missing and guarded does no harm; unguarded it is named", () => {
  using collection = loadCollection(kernel, objectWith("missing", "careful").spec(), { vmlinux });
  collection.program("careful").testRun();
  assert.equal(collection.globals("bss")["runs"], 1n);
  assert.deepEqual(
    collection.report.programs.map(({ name, state, reason }) => [name, state, reason]),
    [
      ["careful", "loaded", ""],
      ["careless", "skipped", "autoload is off"],
    ],
  );
  assert.match(
    collection.report.poisoned.map(({ reason }) => reason).join("\n"),
    /'bpf_never_existed' is in the types of neither.*\n.*never_there/,
  );
  assert.throws(() => collection.program("careless"), /was not loaded: autoload is off/);

  assert.throws(
    () => loadCollection(kernel, objectSpec("missing"), { vmlinux }),
    (error) => error instanceof VerifierError && /kernel function 'bpf_never_existed'/.test(error.message),
  );
});

kernelTest("one program that fails need not stop the others", async () => {
  const before = openKernelDescriptors();
  for (const load of [loadCollection, loadCollectionAsync]) {
    using collection = await load(kernel, objectSpec("missing"), { vmlinux, keepGoing: true });
    const outcomes = collection.report.programs.map(({ name, state }) => `${name} ${state}`);
    assert.deepEqual(outcomes, ["careful loaded", "careless failed"]);
    assert.ok(collection.report.programs[1]?.error instanceof VerifierError);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("a map that is not created is not there for those who ask first", () => {
  const object = objectWith("missing", "careful");
  object.map("optional").autocreate = false;
  {
    using collection = loadCollection(kernel, object.spec(), { vmlinux });
    assert.throws(() => collection.map("optional"), /has no map 'optional'/);
    collection.program("careful").testRun();
    assert.equal(collection.globals("bss")["runs"], 1n);
  }
  object.globals<{ use_optional: boolean }>("rodata").use_optional = true;
  assert.throws(() => loadCollection(kernel, object.spec(), { vmlinux }), /map 'optional' is not created/);
});

kernelTest("a symbol that is not weak and not there is named before anything is loaded", () => {
  const before = openKernelDescriptors();
  const spec = objectSpec("missing");
  const externs = spec.externs!.map((extern) => ({ ...extern, weak: false }));
  assert.throws(
    () => loadCollection(kernel, { ...spec, externs }, { vmlinux }),
    (error) =>
      error instanceof KernelError &&
      error.code === "ENOENT" &&
      /kernel function 'bpf_never_existed'.*__weak/s.test(error.message),
  );
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("maps are resized before loading, and taken over from outside if they fit", () => {
  const object = openObject(objectSpec("missing"));
  object.program("careless").autoload = false;
  object.map("optional").maxEntries = 77;
  using mine = createMap(kernel, testMap("mine", "hash", { maxEntries: 77 }));
  mine.update(key(0), new Uint8Array(8));
  object.globals<{ use_optional: boolean }>("rodata").use_optional = true;
  using collection = loadCollection(kernel, object.spec(), { vmlinux, maps: { optional: mine } });
  collection.program("careful").testRun();
  assert.equal(collection.globals("bss")["runs"], 101n);
  using small = createMap(kernel, testMap("small", "hash", { maxEntries: 76 }));
  assert.throws(
    () => loadCollection(kernel, object.spec(), { vmlinux, maps: { optional: small } }),
    (error) => error instanceof MapMismatchError && /max entries: wanted 77, found 76/.test(error.message),
  );
});

kernelTest("maps pinned by name are found again by the next loading", () => {
  const root = `/sys/fs/bpf/sonde-pins-${process.pid}`;
  if (!readFileSync("/proc/self/mounts", "latin1").includes(" /sys/fs/bpf ")) kernel.mount("/sys/fs/bpf", "bpf");
  mkdirSync(root);
  try {
    const object = objectWith("missing", "careful");
    object.map("optional").pinning = "byName";
    const options = { vmlinux, pinRoot: root };
    {
      using first = loadCollection(kernel, object.spec(), options);
      first.map("optional").update(key(3), new Uint8Array(8).fill(1));
      first.program("careful").pin(`${root}/careful`);
    }
    assert.ok(existsSync(`${root}/optional`));
    using second = loadCollection(kernel, object.spec(), options);
    assert.equal(u64(second.map("optional").lookup(key(3))), 0x0101_0101_0101_0101n);
    using reopened = openPinnedProgram(kernel, `${root}/careful`);
    assert.deepEqual([reopened.name, reopened.spec.type], ["careful", "raw_tracepoint"]);
    assert.equal(reopened.testRun().returned, 0);
  } finally {
    rmSync(root, { recursive: true });
  }
});

kernelTest("a load that fails leaves no map pinned by its name", () => {
  const root = `/sys/fs/bpf/sonde-no-pins-${process.pid}`;
  if (!readFileSync("/proc/self/mounts", "latin1").includes(" /sys/fs/bpf ")) kernel.mount("/sys/fs/bpf", "bpf");
  mkdirSync(root);
  try {
    const object = objectWith("missing", "careless");
    object.map("optional").pinning = "byName";
    assert.throws(() => loadCollection(kernel, object.spec(), { vmlinux, pinRoot: root }), /careless/);
    assert.deepEqual(readdirSync(root), []);
  } finally {
    rmSync(root, { recursive: true });
  }
});

kernelTest("the verifier's log is there for those who ask", () => {
  using collection = loadCollection(kernel, objectWith("missing", "careful").spec(), { vmlinux, logLevel: 1 });
  assert.match(collection.program("careful").log, /processed \d+ insns/);
  using silent = loadCollection(kernel, objectWith("missing", "careful").spec(), { vmlinux });
  assert.equal(silent.program("careful").log, "");
});

kernelTest("settings that make no sense are refused by name", () => {
  const object = openObject(objectSpec("missing"));
  assert.throws(() => object.map("absent"), /object 'missing' has no map 'absent': it has .*optional/);
  assert.throws(() => object.program("absent"), /has no program 'absent': it has careful, careless/);
  assert.throws(() => object.globals("nowhere"), /has no section 'nowhere': it has/);
  assert.throws(
    () => {
      object.globals<{ use_optional: unknown }>("rodata").use_optional = "yes";
    },
    { name: "CodecError" },
  );
  const tracing = testObject([{ type: "tracing" }]);
  assert.throws(() => loadCollection(kernel, tracing, { vmlinux }), /does not say what it attaches to/);
});

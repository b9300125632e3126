import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { leaked, openKernel, openKernelDescriptors } from "../sys/index.ts";
import { openVmlinuxBtf, userCache } from "../target/index.ts";
import { type KernelFeature, isOlder, reasonToLack, runningKernel } from "../testing/kernel-features.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { probeFeatures } from "./probe-features.ts";
import { helpersOf, instructionSetLevel, listKfuncs, rememberedFeatures } from "./index.ts";
import { KernelTypes } from "../programs/index.ts";
import { targetFeatures } from "./target-features.ts";

const kernel = openKernel();
const btf = (): ReturnType<typeof openVmlinuxBtf> => openVmlinuxBtf(kernel, userCache());

/** What release and configuration of a kernel say about the same things, without trying them. */
const ELSEWHERE: Readonly<Record<string, KernelFeature>> = {
  tracepoint: "tracepoint",
  "raw tracepoint": "raw_tracepoint",
  "BTF tracepoint": "tp_btf",
  kprobe: "kprobe",
  kretprobe: "kretprobe",
  "kprobe.multi": "kprobe_multi",
  fentry: "fentry",
  fexit: "fexit",
  "kprobe.session": "kprobe_session",
  fmod_ret: "fmod_ret",
  "uprobe.session": "uprobe_session",
  uprobe: "uprobe",
  "uprobe.multi": "uprobe_multi",
  "perf event": "perf_event",
  "perf event link": "perf_event_link",
  iterator: "iterator",
  ringbuf: "ringbuf",
  "batched map reads": "batch_lookup",
  loop: "bpf_loop",
  get_func_ip: "get_func_ip",
  get_attach_cookie: "attach_cookie",
  "atomics with fetch": "atomics",
  task_storage: "task_storage",
  arena: "arena",
  "run time statistics": "run_time_stats",
};

/** kprobe.multi is made of fprobes, which Debian's 6.1 was built without; its configuration is not at hand in a guest. */
function reasonToLackFprobe(): string | undefined {
  return readFileSync("/proc/kallsyms", "latin1").includes(" register_fprobe\n")
    ? undefined
    : "built without CONFIG_FPROBE";
}

kernelTest("what is found by trying agrees with the kernel's release and configuration", () => {
  const facts = runningKernel();
  const rows = probeFeatures({ kernel, btf });
  for (const [name, feature] of Object.entries(ELSEWHERE)) {
    const row = rows.find((candidate) => candidate.name === name);
    assert.ok(row !== undefined, `there is a row for ${name}`);
    const reason = reasonToLack(feature, facts) ?? (name === "kprobe.multi" ? reasonToLackFprobe() : undefined);
    assert.equal(
      row.supported,
      reason === undefined,
      `${name}: ${row.note || "works"}; ${reason ?? "the kernel should have it"}`,
    );
  }
});

kernelTest("no row is missing because the question was wrong", () => {
  const rows = probeFeatures({ kernel, btf });
  const names = rows.map((row) => `${row.group} ${row.name}`);
  assert.equal(new Set(names).size, names.length, "names are unique");
  // A kernel that is older lacks newer rows; a supported row newer than the kernel would be a wrong table.
  const [major = 0, minor = 0] = runningKernel()
    .release.split(".")
    .map((part) => Number.parseInt(part, 10));
  for (const row of rows.filter((candidate) => candidate.supported && candidate.group !== "kernel")) {
    const [needsMajor = 0, needsMinor = 0] = row.since.split(".").map(Number);
    assert.ok(
      needsMajor < major || (needsMajor === major && needsMinor <= minor),
      `${row.name} is said to be of ${row.since}`,
    );
  }
  // These every kernel that Sonde supports has, in the oldest one's configuration too.
  for (const name of [
    "hash",
    "array",
    "percpu_array",
    "stack_trace",
    "ringbuf",
    "kprobe",
    "raw_tracepoint",
    "perf_event",
    "probe_read_kernel",
    "bounded loops",
  ]) {
    assert.ok(
      rows.some((row) => row.name === name && (row.supported || row.group === "attachment")),
      name,
    );
  }
});

kernelTest("trying leaves nothing behind", () => {
  const before = openKernelDescriptors();
  probeFeatures({ kernel, btf });
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("a compiler's answers are remembered, and a damaged file is found out anew", () => {
  const folder = mkdtempSync(`${tmpdir()}/sonde-features-`);
  try {
    const answers = (): Record<string, boolean> => {
      const { kprobe, fentry, probeReadKernel, atomics, ringbuf, cookie } = targetFeatures(
        kernel,
        userCache(folder),
        btf,
      );
      return { kprobe, fentry, probeReadKernel, atomics, ringbuf, cookie };
    };
    const first = answers();
    const [file] = readdirSync(folder);
    assert.ok(file?.startsWith("features-"));
    // Now nothing is tried any more: a kernel that answers nothing gives the same.
    const silent = targetFeatures({} as typeof kernel, userCache(folder), btf);
    assert.deepEqual({ ...first, ringbuf: silent.ringbuf, fentry: silent.fentry }, first);
    writeFileSync(`${folder}/${file}`, '{"ringbuf":"yes","fentry"');
    assert.deepEqual(answers(), first);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

kernelTest("types of programs have helpers of their own", () => {
  // As the kernel's *_func_proto functions have them since before 5.10.
  const rows = [
    {
      type: "xdp",
      has: ["xdp_adjust_head", "fib_lookup", "redirect_map", "map_lookup_elem"],
      lacks: ["get_stackid", "skb_load_bytes", "msg_push_data"],
    },
    {
      type: "kprobe",
      has: ["get_stackid", "probe_read_kernel", "perf_event_output"],
      lacks: ["xdp_adjust_head", "skb_load_bytes", "d_path"],
    },
    { type: "sk_msg", has: ["msg_push_data", "msg_redirect_hash"], lacks: ["get_stackid", "xdp_adjust_head"] },
    { type: "tracing", has: ["skb_output", "get_stackid", "ringbuf_output"], lacks: ["msg_push_data", "fib_lookup"] },
  ] as const;
  for (const { type, has, lacks } of rows) {
    const found: readonly string[] = helpersOf({ kernel, btf }, type) ?? [];
    assert.deepEqual(
      has.filter((name) => !found.includes(name)),
      [],
      `${type} has`,
    );
    assert.deepEqual(
      lacks.filter((name) => found.includes(name)),
      [],
      `${type} lacks`,
    );
  }
  assert.equal(helpersOf({ kernel, btf }, "struct_ops"), undefined);
});

kernelTest("the level of the instruction set is that of the release", () => {
  const level = instructionSetLevel({ kernel });
  assert.equal(level, isOlder(runningKernel(), "6.6") ? 3 : 4);
});

kernelTest("functions for programs are listed where the kernel's types tag them", () => {
  using types = disposable(new KernelTypes(kernel, btf));
  const listed = listKfuncs(types.value);
  if (isOlder(runningKernel(), "6.11")) return;
  const names = listed?.map(({ name }) => name) ?? [];
  for (const name of ["bpf_task_from_pid", "bpf_rcu_read_lock", "bpf_iter_num_new"])
    assert.ok(names.includes(name), `${name} among ${names.length}`);
  assert.ok(!names.includes("vfs_read"));
});

kernelTest("the whole table is remembered for this build", () => {
  const folder = mkdtempSync(`${tmpdir()}/sonde-features-`);
  try {
    const first = rememberedFeatures({ kernel, btf }, userCache(folder));
    const silent = rememberedFeatures({ kernel: {} as typeof kernel, btf }, userCache(folder));
    assert.deepEqual(silent, first);
    assert.ok(first.length > 100);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function disposable<T extends { close(): void }>(value: T): { readonly value: T } & Disposable {
  return { value, [Symbol.dispose]: () => value.close() };
}

import assert from "node:assert/strict";
import { accessSync, closeSync, openSync, readFileSync, readSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { compileScript } from "@sonde/compiler";
import { loadCollection } from "@sonde/kernel";
import { programInfo } from "@sonde/kernel/objects";
import { openKernel } from "@sonde/kernel/sys";
import { kernelTest } from "@sonde/kernel/testing";
import type { Output } from "../output/output.ts";
import { startSession } from "../session/start.ts";
import { compile, testTarget } from "./run-script.ts";

/** Every kind of program may unwind, and any number of times. */
const SCRIPTS: readonly string[] = [
  `tracepoint:syscalls:sys_enter_getppid { @[dw_ustack] = count(); }`,
  `profile:hz:99 { @[dw_ustack(perf, 5), comm] = count(); @n = max(len(dw_ustack)); }`,
  `uprobe:/proc/self/exe:main { printf("%s%s", dw_ustack, dw_ustack(3)); }`,
  `rawtracepoint:sched_switch /pid > 0/ { @[dw_ustack(16)] = hist(nsecs); }`,
  `config = { call_graph = dwarf } interval:s:1 { for ($i : 0..300) { @[ustack, $i] = count(); } @k[kstack] = count(); }`,
];

for (const script of SCRIPTS) {
  kernelTest(`the verifier accepts ${script}`, { needs: ["bpf_loop"] }, () => {
    const kernel = openKernel();
    using collection = loadCollection(kernel, compile(script), { vmlinux: () => testTarget().btf });
    for (const { fd, spec } of collection.programs) {
      // Each path once: a search that it followed step by step would be hundreds of thousands.
      const { verifiedInstructions } = programInfo(kernel, fd, spec.name);
      assert.ok(verifiedInstructions < 20 * spec.instructions.length, `${verifiedInstructions} of ${spec.name}`);
    }
  });
}

/** Where this process's first instruction was, by the program's own header. */
function entryPoint(): bigint {
  const fd = openSync("/proc/self/exe", "r");
  const header = Buffer.alloc(64);
  readSync(fd, header, 0, 64, 0);
  closeSync(fd);
  const entry = header.readBigUInt64LE(24);
  const isFixed = header.readUInt16LE(16) === 2;
  const [first = ""] = readFileSync("/proc/self/maps", "latin1").split("\n");
  return isFixed ? entry : entry + BigInt(`0x${first.split("-")[0]}`);
}

kernelTest(
  "Node.js is unwound to its first instruction: C++ without frame pointers, what V8 has compiled, the C library",
  { needs: ["bpf_loop", "tracepoint"] },
  async () => {
    const entry = entryPoint();
    const isWhole = (frames: readonly bigint[]): boolean => {
      const last = frames.at(-1) ?? 0n;
      return frames.length > 10 && last > entry && last < entry + 64n;
    };
    const stacks: bigint[][] = [];
    let diagnostics = "";
    const output: Output = {
      backlog: 0,
      closed: false,
      write: (text) => {
        for (const [frames] of text.matchAll(/(?: +0x[0-9a-f]+\n)+/g))
          stacks.push(frames.trim().split(/\s+/).map(BigInt));
      },
      send: () => undefined,
      flush: () => Promise.resolve(),
    };
    const spec = compile(
      `tracepoint:syscalls:sys_enter_access,tracepoint:syscalls:sys_enter_faccessat* /pid == ${process.pid}/ { printf("%s\\n", dw_ustack(raw)); }`,
    );
    const session = await startSession(spec, {
      vmlinux: () => testTarget().btf,
      output,
      diagnose: (text) => void (diagnostics += text),
    });
    // Node.js's own table takes some tenths of a second, more where the machine is busy or a guest.
    let calls = 0;
    for (const end = Date.now() + 20_000; Date.now() < end && !stacks.some(isWhole); await sleep(20), calls++) call();
    await session.stop();
    assert.ok(stacks.length >= calls, `${stacks.length} stacks of ${calls} calls`);
    const whole = stacks.filter(isWhole).length;
    assert.ok(
      whole > 0,
      stacks
        .at(-1)
        ?.map((frame) => frame.toString(16))
        .join(" "),
    );
    // What is not whole is said, to the stack.
    const said = /(\d+) of (\d+) unwound user stacks are incomplete/.exec(diagnostics);
    assert.deepEqual(
      [Number(said?.[1] ?? 0), Number(said?.[2] ?? stacks.length)],
      [stacks.length - whole, stacks.length],
      diagnostics,
    );
  },
);

function call(): void {
  try {
    accessSync("/nonexistent");
  } catch {
    // It is not there; the call is what counts.
  }
}

test("kernels without bpf_loop are told so, at the stack", () => {
  const target = testTarget();
  const older = Object.create(target, {
    features: { value: Object.create(target.features, { loop: { value: false } }) },
  });
  const { spec, diagnostics } = compileScript({ name: "-e", text: "BEGIN { print(dw_ustack); }" }, older);
  assert.equal(spec, undefined);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["SND2023"],
  );
});

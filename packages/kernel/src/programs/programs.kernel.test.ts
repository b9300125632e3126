import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  alu64Imm,
  callHelper,
  CoreKind,
  exit,
  HELPERS,
  jumpIfImm,
  load,
  loadMap,
  mov64,
  mov64Imm,
  storeImm,
  withCore,
} from "@sonde/bpf/asm";
import type { Instruction } from "@sonde/bpf/asm";
import { BtfBuilder, BtfReader } from "@sonde/bpf/btf";
import { loadCollection, loadCollectionAsync } from "../collection/load.ts";
import { FILE, testMap, testObject } from "../collection/test-object.ts";
import type { TestProgram } from "../collection/test-object.ts";
import { rawTracepointOpen } from "../sys/bpf/link-commands.ts";
import { objectInfo } from "../sys/bpf/object-commands.ts";
import { enableStatistics } from "../sys/bpf/program-commands.ts";
import { BpfCommand } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError, UnsupportedFeatureError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";
import { leaked, openKernelDescriptors } from "../sys/leaks.ts";
import { openKernel } from "../sys/linux.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { VerifierError } from "./verifier-error.ts";

const kernel = openKernel();
let types: BtfReader | undefined;
const vmlinux = (): BtfReader => (types ??= new BtfReader(readFileSync("/sys/kernel/btf/vmlinux")));
const noBtf = (): undefined => undefined;

function refusal(program: TestProgram): VerifierError {
  try {
    loadCollection(kernel, testObject([program], [testMap("m", "hash")]), { vmlinux: noBtf }).close();
  } catch (error) {
    if (error instanceof VerifierError) return error;
    throw error;
  }
  throw new Error("the kernel took the program");
}

/** Reads element 0 of map "m" into R0 through `after`. */
function lookup(...after: Instruction[]): Instruction[] {
  return [
    storeImm(4, 10, -4, 0),
    mov64(2, 10),
    alu64Imm("ADD", 2, -4),
    loadMap(1, "m"),
    callHelper(HELPERS.map_lookup_elem[0]),
    ...after,
    exit(),
  ];
}

kernelTest("a program runs and returns", () => {
  const instructions = [load(8, 0, 1, 0), alu64Imm("MUL", 0, 3), exit()];
  using collection = loadCollection(kernel, testObject([{ instructions }]), { vmlinux: noBtf });
  const context = new Uint8Array(new BigUint64Array([14n]).buffer);
  assert.equal(collection.program("main").testRun({ context }).returned, 42);
});

kernelTest("functions and source lines reach the kernel", () => {
  using collection = loadCollection(kernel, testObject([{ name: "name_of_20_characters" }]), { vmlinux: noBtf });
  const info = objectInfo(kernel, collection.programs[0]!.fd, 232, "program");
  const name = Buffer.from(info.buffer, 64, 16).toString("latin1");
  assert.equal(name, "name_of_20_char\0");
  assert.equal(info.getUint32(144, true), 1);
  assert.equal(info.getUint32(148, true), 2);
});

kernelTest("a refusal is the verifier's reason at the source line", () => {
  const rows = [
    {
      name: "no null check",
      instructions: lookup(load(8, 0, 0, 0)),
      reason: /^R0 invalid mem access 'map_value_or_null'$/,
      line: 6,
    },
    {
      name: "beyond the value",
      instructions: lookup(jumpIfImm("JEQ", 64, 0, 0, "out"), load(8, 0, 0, 16), { ...mov64Imm(0, 0), label: "out" }),
      reason: /invalid access to map value/,
      line: 7,
    },
    { name: "uninitialised", instructions: [mov64(0, 3), exit()], reason: /R3 !read_ok/, line: 1 },
    { name: "no such helper", instructions: [callHelper(9999), exit()], reason: /invalid func unknown#9999/, line: 1 },
    {
      name: "unreachable",
      instructions: [mov64Imm(0, 0), exit(), mov64Imm(0, 0), exit()],
      reason: /unreachable insn 2/,
      line: 3,
    },
  ];
  for (const { name, instructions, reason, line } of rows) {
    const error = refusal({ instructions });
    assert.match(error.reason, reason, name);
    assert.equal(error.source?.file, FILE, name);
    assert.equal(error.source?.line, line, `${name}: ${error.log}`);
    assert.match(
      error.message,
      new RegExp(`refused program 'main' \\(test:main\\): .*at ${FILE}:${line}:1: line ${line};$`, "sm"),
    );
    assert.ok(error.log.includes(error.reason.split("\n")[0]!));
  }
});

kernelTest("a refusal that concerns no instruction has no source", () => {
  const error = refusal({ instructions: [mov64Imm(0, 0), mov64Imm(0, 1)] });
  assert.match(error.reason, /last insn is not an exit/);
  assert.equal(error.source, undefined);
  assert.match(error.message, /last insn is not an exit or jmp$/m);
});

kernelTest("the reason is found at the end of a log of megabytes", () => {
  // Both outcomes of each branch are walked again and again, so that the log is far longer than the program.
  const branches = Array.from({ length: 12 }, (_, n) => [
    jumpIfImm("JGT", 64, 6, n, `on${n}`),
    alu64Imm("ADD", 7, 1 << n),
    { ...alu64Imm("ADD", 7, 1), label: `on${n}` },
  ]).flat();
  const error = refusal({
    instructions: [
      load(8, 6, 1, 0),
      mov64Imm(7, 0),
      ...Array.from({ length: 2000 }, () => alu64Imm("ADD", 7, 1)),
      ...branches,
      load(8, 0, 7, 0),
      exit(),
    ],
  });
  assert.ok(error.log.length > 64 * 1024, String(error.log.length));
  assert.match(error.reason, /R7 invalid mem access/);
  assert.equal(error.source?.line, 2 + 2000 + 36 + 1);
});

kernelTest("a field's offset is the running kernel's", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, "signed");
  const task = builder.struct("task_struct", 8, [
    { name: "tgid", type: int, bitOffset: 0 },
    { name: "no_such_field", type: int, bitOffset: 32 },
  ]);
  const offsetOf = (access: string): TestProgram => ({
    instructions: [withCore(mov64Imm(0, 0), { kind: CoreKind.FieldByteOffset, typeId: task, access }), exit()],
  });
  using collection = loadCollection(kernel, testObject([offsetOf("0:0")], [], builder), { vmlinux });
  const id = vmlinux().find("task_struct", "struct")[0]!;
  const struct = vmlinux().type(id);
  assert.ok(struct.kind === "struct");
  const member = struct.members.find(({ name }) => name === "tgid");
  assert.equal(collection.program("main").testRun().returned, member!.bitOffset / 8);
  // Behind a constant condition it is dead code: loaded, and reported.
  const dead = {
    instructions: [
      mov64Imm(1, 0),
      jumpIfImm("JEQ", 64, 1, 0, "out"),
      ...offsetOf("0:1").instructions!.slice(0, 1),
      { ...mov64Imm(0, 0), label: "out" },
      exit(),
    ],
  };
  using partly = loadCollection(kernel, testObject([dead], [], builder), { vmlinux });
  assert.equal(partly.report.types, "whole");
  assert.deepEqual(
    partly.report.poisoned.map(({ program, reason }) => [program, /no_such_field/.test(reason)]),
    [["main", true]],
  );
  assert.throws(
    () => loadCollection(kernel, testObject([offsetOf("0:1")], [], builder), { vmlinux }),
    (error) => error instanceof VerifierError && /no_such_field/.test(error.reason) && error.source?.line === 1,
  );
  assert.throws(
    () => loadCollection(kernel, testObject([offsetOf("0:0")], [], builder), { vmlinux: noBtf }),
    UnsupportedFeatureError,
  );
});

kernelTest(
  "a tracing program is loaded once for each of its targets, and what it cost is counted",
  { needs: ["tp_btf", "run_time_stats"] },
  () => {
    const attach = [
      { kind: "btfTracepoint", name: "sys_enter" },
      { kind: "btfTracepoint", name: "sys_exit" },
    ] as const;
    using collection = loadCollection(kernel, testObject([{ type: "tracing", attach }]), { vmlinux });
    assert.deepEqual(
      [...collection.attachments()].map(({ target }) => target),
      attach,
    );
    assert.notEqual(collection.programs[0]!.id(), collection.programs[1]!.id());
    using statistics = enableStatistics(kernel);
    const [program] = collection.programs;
    assert.equal(program!.statistics().runs, 0);
    using link = rawTracepointOpen(kernel, program!.fd, undefined, "sys_enter");
    for (let i = 0; i < 100; i++) readFileSync("/proc/self/stat");
    link.close();
    statistics.close();
    const { runs, nanoseconds } = program!.statistics();
    assert.ok(runs >= 300, `${runs} system calls`);
    assert.ok(nanoseconds > 0);
  },
);

kernelTest("a target that does not exist is named", () => {
  const rows = [
    {
      attach: { kind: "btfTracepoint", name: "no_such" },
      message: /no tracepoint 'no_such' in the types of the kernel/,
    },
    {
      attach: { kind: "fentry", function: "no_such", onReturn: false },
      message: /no function 'no_such' in the types of the kernel/,
    },
    {
      attach: { kind: "fentry", function: "no_such", module: "no_module", onReturn: true },
      message: /no function 'no_such' in the types of module 'no_module', which is not loaded/,
    },
  ] as const;
  for (const { attach, message } of rows) {
    const object = testObject([{ type: "tracing", attach: [attach] }]);
    assert.throws(
      () => loadCollection(kernel, object, { vmlinux }),
      (error) => error instanceof KernelError && error.code === "ENOENT" && message.test(error.message),
    );
  }
});

kernelTest("fentry and fexit programs see what vfs_read does", { needs: ["fentry", "fexit", "run_time_stats"] }, () => {
  const attach = [false, true].map((onReturn) => ({ kind: "fentry", function: "vfs_read", onReturn }) as const);
  using collection = loadCollection(kernel, testObject([{ type: "tracing", attach }]), { vmlinux });
  using statistics = enableStatistics(kernel);
  const links = collection.programs.map(({ fd }) => rawTracepointOpen(kernel, fd, undefined, "vfs_read"));
  for (let i = 0; i < 100; i++) readFileSync("/proc/self/stat");
  for (const link of links) link.close();
  statistics.close();
  for (const program of collection.programs) assert.ok(program.statistics().runs >= 100);
});

kernelTest("long programs are verified on another thread, and refused with their reason all the same", async () => {
  const body = Array.from({ length: 20_000 }, () => alu64Imm("ADD", 0, 1));
  const good = testObject([{ instructions: [mov64Imm(0, 0), ...body, exit()] }]);
  let asynchronous = 0;
  const counting: Kernel = {
    ...kernel,
    bpfAsync: (command, attr) => {
      asynchronous++;
      return kernel.bpfAsync(command, attr);
    },
  };
  using collection = await loadCollectionAsync(counting, good, { vmlinux: noBtf });
  assert.equal(collection.program("main").testRun().returned, 20_000);
  assert.equal(asynchronous, 1);
  const bad = testObject([{ instructions: [mov64Imm(0, 0), ...body, mov64(0, 5), exit()] }]);
  const before = openKernelDescriptors();
  await assert.rejects(loadCollectionAsync(counting, bad, { vmlinux: noBtf }), {
    name: "VerifierError",
    reason: "R5 !read_ok",
  });
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("a verification that a signal interrupts is tried again", () => {
  let interruptions = 3;
  const interrupted: Kernel = {
    ...kernel,
    bpf: (command, attr) =>
      command === BpfCommand.PROG_LOAD && interruptions-- > 0 ? -Errno.EAGAIN : kernel.bpf(command, attr),
  };
  loadCollection(interrupted, testObject([{}]), { vmlinux: noBtf }).close();
  assert.equal(interruptions, -1);
});

kernelTest("a refusal without a word from the verifier is an errno with advice", () => {
  const forbidding: Kernel = {
    ...kernel,
    bpf: (command, attr) => (command === BpfCommand.PROG_LOAD ? -Errno.EPERM : kernel.bpf(command, attr)),
  };
  assert.throws(
    () => loadCollection(forbidding, testObject([{}]), { vmlinux: noBtf }),
    (error) =>
      error instanceof KernelError &&
      !(error instanceof VerifierError) &&
      error.code === "EPERM" &&
      /CAP_BPF/.test(error.message),
  );
});

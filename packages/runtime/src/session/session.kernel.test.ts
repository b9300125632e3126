import assert from "node:assert/strict";
import type { AttachTarget, EventView, ObjectSpec } from "@sonde/bpf/spec";
import { leaked, onlineCpus, openKernelDescriptors } from "@sonde/kernel/sys";
import { kernelTest } from "@sonde/kernel/testing";
import type { Output } from "../output/output.ts";
import { startChild } from "../processes/child.ts";
import { startSession } from "./start.ts";
import type { StartOptions } from "./start.ts";
import {
  emit,
  emitElapsed,
  emitStack,
  increment,
  onlyProcess,
  testManifest,
  testMaps,
  testObject,
} from "./test-object.ts";
import type { TestProgram } from "./test-object.ts";

const U64 = { kind: "int", size: 8, signed: false } as const;
const WRITE: AttachTarget = { kind: "tracepoint", category: "syscalls", name: "sys_enter_write" };
const PRINTED: EventView = {
  id: 1,
  size: 16,
  action: { kind: "printf", format: "event %d\n" },
  fields: [{ offset: 8, type: U64 }],
};
const EXIT: EventView = { id: 2, size: 16, action: { kind: "exit" }, fields: [{ offset: 8, type: U64 }] };

const begin: TestProgram = {
  name: "begin",
  type: "raw_tracepoint",
  attach: { kind: "run", when: "begin" },
  body: emit("begin", 1, 111),
};
const end: TestProgram = {
  name: "end",
  type: "raw_tracepoint",
  attach: { kind: "run", when: "end" },
  body: emit("end", 1, 999),
};

/** A program that counts the writes of a process, and reports each. */
function writes(pid: number): TestProgram {
  return {
    name: "writes",
    type: "tracepoint",
    attach: WRITE,
    body: [...onlyProcess("writes", pid), ...increment("writes", "count", 0), ...emit("writes", 1, 5)],
  };
}

/** @param backlog what it claims that its reader has not taken; a large one keeps the session from draining before the end */
function memoryOutput(backlog: number = 0): Output & { text: string } {
  return {
    text: "",
    backlog,
    closed: false,
    write(text) {
      this.text += text;
    },
    send() {},
    flush: () => Promise.resolve(),
  };
}

interface LostLine {
  readonly data: { readonly events: number; readonly cpus: Readonly<Record<string, number>> };
}

interface RunOptions extends Partial<StartOptions> {
  /** Else something in the session must end it. */
  readonly stopAtOnce?: boolean;
  /** The output's reader reads nothing until the end. */
  readonly congested?: boolean;
}

async function run(
  spec: ObjectSpec,
  options: RunOptions = {},
): Promise<{ output: string; diagnostics: string; outcome: unknown }> {
  const output = memoryOutput(options.congested === true ? 1 << 30 : 0);
  let diagnostics = "";
  const session = await startSession(spec, {
    vmlinux: () => undefined,
    output,
    diagnose: (text) => void (diagnostics += text),
    ...options,
  });
  if (options.stopAtOnce === true) void session.stop();
  const outcome = await session.ended;
  return { output: output.text, diagnostics, outcome };
}

/** Makes 500 writes in its own process and ends with status 7. */
const WRITER = "sh -c 'i=0; while [ $i -lt 500 ]; do echo x; i=$((i+1)); done >/dev/null; exit 7'";

kernelTest("begin, events and end come in order; nothing is lost at the end; the child's status is kept", async () => {
  const before = openKernelDescriptors();
  const child = startChild(WRITER);
  const spec = testObject([begin, writes(child.pid), end], testMaps(1 << 16), testManifest([PRINTED]));
  const { output, diagnostics, outcome } = await run(spec, { child });
  assert.equal(output, `event 111\n${"event 5\n".repeat(500)}event 999\n\n@: 500\n`);
  assert.equal(diagnostics, "Attached 3 probes\n");
  assert.deepEqual(outcome, {
    reason: "child",
    exitCode: 0,
    child: { code: 7, signal: undefined, status: 7 },
    lostEvents: 0,
  });
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("the same in JSON", async () => {
  const child = startChild(WRITER);
  const spec = testObject([writes(child.pid)], testMaps(1 << 16), testManifest([PRINTED]));
  const { output } = await run(spec, { child, format: "json" });
  const want = [
    '{"type": "attached_probes", "count": 1, "data": {"probes": 1}}',
    ...Array.from({ length: 500 }, () => '{"type": "printf", "data": "event 5\\n"}'),
    '{"type": "map", "data": {"@": 500}}',
  ];
  assert.deepEqual(output.trimEnd().split("\n"), want);
});

kernelTest("what is printed and what is reported lost are all events", async () => {
  const child = startChild("dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none");
  // Room for 170 events.
  const spec = testObject([writes(child.pid)], testMaps(4096), testManifest([PRINTED]));
  const { output, diagnostics, outcome } = await run(spec, { child, congested: true });
  const printed = output.split("\n").filter((line) => line === "event 5").length;
  const reported = [...diagnostics.matchAll(/^Lost (\d+) events$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
  const { lostEvents } = outcome as { lostEvents: number };
  assert.equal(output.slice(output.indexOf("@")), "@: 20000\n");
  assert.equal(printed, 170);
  assert.equal(reported, 20000 - printed);
  assert.equal(lostEvents, reported);
});

kernelTest("exit() ends the session with its code, and the child with it", async () => {
  const child = startChild("sleep 60");
  const spec = testObject([{ ...begin, body: emit("begin", 2, 3) }], testMaps(4096), testManifest([EXIT]));
  const { outcome } = await run(spec, { child });
  assert.deepEqual(outcome, {
    reason: "exit",
    exitCode: 3,
    child: { code: undefined, signal: "SIGTERM", status: 143 },
    lostEvents: 0,
  });
});

kernelTest("when the third attachment is refused nothing stays attached, and the child never runs", async () => {
  const before = openKernelDescriptors();
  const child = startChild("echo this must not be printed");
  const other = (name: string, event: string): TestProgram => ({
    ...writes(1),
    name,
    attach: { kind: "tracepoint", category: "syscalls", name: event },
    body: [],
  });
  const spec = testObject(
    [other("a", "sys_enter_read"), other("b", "sys_exit_read"), other("c", "no_such_event")],
    testMaps(4096),
    testManifest([]),
  );
  await assert.rejects(run(spec, { child }), /no_such_event/);
  assert.equal((await child.exit).signal, "SIGTERM");
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("maps are printed, cleared and zeroed on request, in the order of the requests", async () => {
  const action = (id: number, what: EventView["action"]): EventView => ({ id, size: 16, action: what, fields: [] });
  const events = [
    action(1, { kind: "printMap", map: "@", top: 0, div: 1 }),
    action(2, { kind: "clear", map: "@" }),
    action(3, { kind: "zero", map: "@" }),
    action(4, { kind: "time", format: "%Y\n" }),
    action(5, { kind: "exit" }),
  ];
  // One program emits one event: so many programs, run one after the other.
  const steps = [1, 1, 2, 1, 4, 3, 5].map((id, i): TestProgram => {
    const name = `step${i}`;
    const count = id === 1 || id === 5 ? [] : increment(name, "losses", 1);
    return { ...begin, name, body: [...(i < 2 ? increment(name, "count", 0) : count), ...emit(name, id, 0)] };
  });
  const { output, diagnostics } = await run(testObject(steps, testMaps(4096), testManifest(events)));
  assert.equal(
    output,
    `@: 2\n@: 2\n${new Date().getFullYear()}\n\n`,
    "begin programs have all run before the first event is read",
  );
  assert.match(diagnostics, /a map full: 3 updates with new keys were not kept/);
});

kernelTest("a failure of reading ends the session in order, and is its outcome", async () => {
  const before = openKernelDescriptors();
  const child = startChild("sleep 60");
  const spec = testObject(
    [{ ...begin, body: emit("begin", 77, 1) }, writes(child.pid), end],
    testMaps(4096),
    testManifest([PRINTED]),
  );
  await assert.rejects(run(spec, { child }), /an event 77 that the manifest does not describe/);
  assert.equal((await child.exit).signal, "SIGTERM");
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("losses are reported for the CPU that they happened on", async () => {
  const cpu = onlineCpus().at(-1)!;
  const child = startChild(`taskset -c ${cpu} dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none`);
  const spec = testObject([writes(child.pid)], testMaps(4096), testManifest([PRINTED]));
  const { output, outcome } = await run(spec, { child, format: "json", congested: true });
  const reports = output
    .split("\n")
    .filter((line) => line.startsWith('{"type": "lost_events"'))
    .map((line) => JSON.parse(line) as LostLine);
  const { lostEvents } = outcome as { lostEvents: number };
  assert.equal(lostEvents, 20000 - 170);
  assert.equal(
    reports.reduce((sum, { data }) => sum + data.events, 0),
    lostEvents,
  );
  assert.equal(
    reports.reduce((sum, { data }) => sum + (data.cpus[cpu] ?? 0), 0),
    lostEvents,
  );
});

kernelTest("a dry run attaches and runs nothing", async () => {
  const child = startChild("echo this must not be printed");
  const spec = testObject(
    [{ ...begin, body: [...increment("begin", "count", 0), ...emit("begin", 1, 1)] }, writes(child.pid), end],
    testMaps(4096),
    testManifest([PRINTED]),
  );
  const { output, diagnostics, outcome } = await run(spec, { dryRun: true, child });
  assert.equal(output, "");
  assert.equal(diagnostics, "Attached 3 probes\n");
  assert.equal((outcome as { child: { signal: string } }).child.signal, "SIGTERM");
});

kernelTest("stacks are shown by name", async () => {
  const maps = [
    ...testMaps(4096),
    {
      name: "stacks",
      type: "stack_trace",
      keySize: 4,
      valueSize: 16 * 8,
      maxEntries: 64,
      flags: 0,
      keyTypeId: 0,
      valueTypeId: 0,
    } as const,
  ];
  const stack = { kind: "stack", size: 16, user: false, map: "stacks", mode: "bpftrace", frames: 16 } as const;
  const event: EventView = {
    id: 1,
    size: 24,
    action: { kind: "printf", format: "[%s]" },
    fields: [{ offset: 8, type: stack }],
  };
  const spec = testObject([{ ...begin, body: emitStack("begin", 1, "stacks") }], maps, testManifest([event]));
  const { output } = await run(spec, { stopAtOnce: true });
  // The program runs inside bpf(2): these functions are on every kernel's stack then.
  assert.match(output, /^\[\n( {8}\S+\+\d+\n)+\]$/m);
  assert.match(output, / {8}bpf_prog_test_run_raw_tp\+\d+\n/);
});

kernelTest("the start is written before the first program runs", async () => {
  const maps = [
    ...testMaps(4096),
    {
      name: "start",
      type: "array",
      keySize: 4,
      valueSize: 8,
      maxEntries: 1,
      flags: 0,
      keyTypeId: 0,
      valueTypeId: 0,
    } as const,
  ];
  const manifest = { ...testManifest([PRINTED]), start: "start" };
  const { output } = await run(testObject([{ ...begin, body: emitElapsed("begin", 1, "start") }], maps, manifest), {
    stopAtOnce: true,
  });
  const elapsed = Number(/^event (\d+)$/m.exec(output)?.[1]);
  assert.ok(elapsed > 0 && elapsed < 1e9, `${elapsed} ns since the start`);
});

kernelTest("stop() ends an attached session once; maps can be read meanwhile", async () => {
  const output = memoryOutput();
  const spec = testObject([{ ...begin, body: increment("begin", "count", 0) }], testMaps(4096), testManifest([]));
  const session = await startSession(spec, { vmlinux: () => undefined, output, quiet: true });
  assert.deepEqual(
    session.readMaps().map(({ view, rows }) => [view.name, rows]),
    [["@", [{ keys: [], value: { kind: "count", value: 1 } }]]],
  );
  const [first, second] = await Promise.all([session.stop(), session.stop()]);
  assert.equal(first, second);
  assert.equal(first.reason, "stopped");
  assert.equal(output.text, "@: 1\n");
});

kernelTest("a reader that left ends the session", async () => {
  const output = { ...memoryOutput(), closed: true };
  const spec = testObject([begin], testMaps(4096), testManifest([PRINTED]));
  const { outcome } = await run(spec, { output });
  assert.equal((outcome as { reason: string }).reason, "output");
});

kernelTest("the end of the process that is followed ends the session", async () => {
  const child = startChild("true");
  const spec = testObject([begin], testMaps(4096), testManifest([PRINTED]));
  // It runs, and ends, once the session has said that it is attached.
  const { outcome } = await run(spec, { pid: child.pid, diagnose: () => child.release() });
  assert.equal((outcome as { reason: string }).reason, "process");
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { removePinTree } from "@sonde/kernel/handover";
import { compile } from "../scripts/run-script.ts";
import { readOutcomes } from "../unwind/index.ts";
import type { LeftVersion } from "./hosted.ts";
import {
  count,
  type Events,
  host,
  kernelTest,
  leftBy,
  NAME,
  pinFolder,
  whileWriting,
  write,
  writes,
} from "./testing/hosts.ts";
import type { Version } from "./version.ts";

const COUNTS = "@all = count(); @by[comm] = count(); @sizes = hist(args.count);";

kernelTest("events reach exactly one version while versions follow each other", {}, async () => {
  const hosted = host({ printed: [] });
  await hosted.deploy(writes(COUNTS));
  const written = await whileWriting(async () => {
    for (let upgrade = 1; upgrade <= 10; upgrade++) {
      // A map more or less each time, so that programs and objects differ.
      const spec = writes(upgrade % 2 === 0 ? `${COUNTS} @extra = count();` : COUNTS);
      const { carried, anew } = await hosted.deploy(spec);
      assert.ok(
        ["AT_all", "AT_by", "AT_sizes"].every((map) => carried.includes(map)),
        carried.join(),
      );
      assert.deepEqual(anew, []);
    }
  });
  for (const map of ["@all", "@by", "@sizes"]) assert.equal(count(hosted.current, map), written, map);
  await hosted.stop(() => false);
});

kernelTest(
  "what a process left is taken up by the next, with nothing lost",
  { needs: ["perf_event_link"] },
  async (context) => {
    const folder = pinFolder(context);
    const spec = writes(COUNTS);
    let left: LeftVersion | undefined;
    const commit = (version: Version): void => void (left = leftBy(version));
    let hosted = host({ printed: [] }, folder);
    const { unpinned } = await hosted.deploy(spec, { commit });
    assert.deepEqual(unpinned, []);
    const written = await whileWriting(async () => {
      for (let takeover = 1; takeover <= 5; takeover++) {
        // Descriptors are closed as the kernel closes them when a process is killed.
        hosted.close();
        hosted = host({ printed: [] }, folder);
        hosted.adopt(left!, () => false);
        const { added } = await hosted.deploy(spec, { commit, takenUp: true });
        assert.deepEqual(added, []);
      }
    });
    for (const map of ["@all", "@by", "@sizes"]) assert.equal(count(hosted.current, map), written, map);
    await hosted.stop(() => false);
  },
);

kernelTest(
  "places that were detached while nobody was there leave only what may go on",
  { needs: ["perf_event_link"] },
  async (context) => {
    const folder = pinFolder(context);
    const spec = writes("@all = count(); @began[tid] = nsecs;");
    let left: LeftVersion | undefined;
    const before = host({ printed: [] }, folder);
    await before.deploy(spec, {
      commit: (version) => void (left = leftBy(version)),
    });
    await write(100);
    before.close();
    removePinTree(`${folder}/hooks`);
    await write(5000);
    const hosted = host({ printed: [] }, folder);
    hosted.adopt(left!, (map) => map === "AT_all");
    const { carried, added } = await hosted.deploy(spec, { takenUp: true });
    assert.deepEqual(carried, ["AT_all"]);
    assert.equal(added.length, 1);
    await write(10);
    assert.equal(count(hosted.current, "@all"), 110);
    await hosted.stop(() => false);
  },
);

kernelTest("a version that is taken back leaves the one before as it was", {}, async () => {
  const hosted = host({ printed: [] });
  await hosted.deploy(writes("@all = count();"));
  await write(1000);
  const { anew } = await hosted.deploy(
    writes("@all[comm] = count();", "tracepoint:syscalls:sys_exit_write { @x = count(); }"),
  );
  assert.equal(anew.length, 1);
  assert.match(anew[0]!.why, /type: percpu_array became percpu_hash/);
  await write(500);
  assert.equal(count(hosted.current, "@all"), 500);
  assert.equal(await hosted.revert(), true);
  await write(100);
  assert.equal(count(hosted.current, "@all"), 1100);
  assert.equal([...hosted.hooks].length, 1);
  assert.equal(await hosted.revert(), false);
  await hosted.stop(() => false);
});

kernelTest("a version that cannot be loaded or attached changes nothing", {}, async (context) => {
  const folder = pinFolder(context);
  const hosted = host({ printed: [] }, folder);
  await hosted.deploy(writes("@all = count();"));
  const good = writes("@all = count();");
  const [program] = good.programs;
  const broken: ObjectSpec = {
    ...good,
    programs: [program!, { ...program!, name: "bad", attach: [{ kind: "tracepoint", category: "no", name: "such" }] }],
  };
  await assert.rejects(hosted.deploy(broken), /no such tracepoint/);
  await assert.rejects(
    hosted.deploy(good, {
      commit: () => {
        throw new Error("disk full");
      },
    }),
    /disk full/,
  );
  await write(700);
  assert.equal(count(hosted.current, "@all"), 700);
  assert.equal(hosted.current!.number, 1);
  await hosted.stop(() => false);
});

kernelTest("switched off and on, kept maps count exactly the events between", {}, async (context) => {
  const folder = pinFolder(context);
  const hosted = host({ printed: [] }, folder);
  const spec = writes("@all = count(); @state[comm] = nsecs;");
  await hosted.deploy(spec);
  await write(300);
  await hosted.stop((map) => map === "AT_all");
  await write(5000);
  const { carried } = await hosted.deploy(spec);
  assert.deepEqual(carried, ["AT_all"]);
  await write(40);
  assert.equal(count(hosted.current, "@all"), 340);
  await hosted.stop(() => false);
});

kernelTest("events in a ring are read whole, whichever version wrote them", {}, async () => {
  const events: Events = { printed: [] };
  const hosted = host(events);
  // Both number their records from 0: the same id means something else in each.
  const [brief, long] = ["%d", "%s %d"].map((format) =>
    writes(`printf("${format}\\n", ${format === "%d" ? "" : "comm, "}args.count); @n = count();`),
  );
  await hosted.deploy(brief!);
  const written = await whileWriting(async () => {
    for (let upgrade = 1; upgrade <= 6; upgrade++) await hosted.deploy(upgrade % 2 === 0 ? brief! : long!);
  });
  assert.equal(count(hosted.current, "@n"), written);
  const { ringFull } = hosted.losses();
  await hosted.stop(() => false);
  assert.equal(events.printed.length + ringFull, written);
  assert.deepEqual(new Set(events.printed), new Set(["1", `${NAME} 1`]));
});

const KINDS = [
  ["tracepoint", "tracepoint:sched:sched_switch"],
  ["raw tracepoint", "rawtracepoint:sched_switch"],
  ["uprobe", "uprobe:/bin/bash:main"],
  ["uretprobe", "uretprobe:/bin/bash:xmalloc"],
  ["interval", "interval:ms:10"],
  ["profile", "profile:hz:99"],
  ["software", "software:cpu-clock:1000000"],
] as const;
for (const [name, probe] of KINDS) {
  kernelTest(`a ${name} is behind a root`, {}, async () => {
    const hosted = host({ printed: [] });
    await hosted.deploy(compile(`${probe} { @n = count(); }`));
    const { inexact } = await hosted.deploy(compile(`${probe} { @n = count(); @m = count(); }`));
    assert.deepEqual(inexact, []);
    assert.deepEqual(
      [...hosted.hooks].map(({ way }) => way),
      ["root"],
    );
    spawn("/bin/bash", ["-c", ":"]);
    for (let i = 0; i < 100 && count(hosted.current, "@m") === 0; i++) await sleep(20);
    assert.ok(count(hosted.current, "@m") > 0);
    await hosted.stop(() => false);
  });
}
kernelTest(
  "a usdt probe with arguments, which wait for a listener, is handed over exactly",
  { needs: ["uprobe"] },
  async () => {
    // Each run passes the probe ten times, with 1 to 10, where somebody listens.
    const sample = fileURLToPath(new URL("../../../kernel/testdata/usdt-sample", import.meta.url));
    const script = (more: string): ObjectSpec =>
      compile(`usdt:${sample}:sonde_test:counted { @n = count(); @rounds = sum(arg0); ${more} }`);
    const hosted = host({ printed: [] });
    await hosted.deploy(script(""));
    let runs = 0;
    for (let upgrade = 1; upgrade <= 10; upgrade++) {
      const deployed = hosted.deploy(script(upgrade % 2 === 0 ? "" : "@m = count();"));
      for (let run = 0; run < 5; run++, runs++) {
        const child = spawn(sample, { stdio: ["pipe", "ignore", "inherit"] });
        child.stdin.end("x");
        await once(child, "exit");
      }
      assert.deepEqual((await deployed).inexact, []);
    }
    assert.equal(count(hosted.current, "@n"), 10 * runs);
    assert.equal(count(hosted.current, "@rounds"), 55 * runs);
    await hosted.stop(() => false);
  },
);

for (const [name, probe, needs] of [
  ["kprobe", "kprobe:vfs_write", "kprobe"],
  ["kretprobe", "kretprobe:vfs_write", "kretprobe"],
  ["fentry", "fentry:vfs_write", "fentry"],
  ["fexit", "fexit:vfs_write", "fexit"],
] as const) {
  kernelTest(`a ${name} is behind a root and loses nothing`, { needs: [needs] }, async () => {
    const hosted = host({ printed: [] });
    const script = (more: string): ObjectSpec => compile(`${probe} /comm == "${NAME}"/ { @n = count(); ${more} }`);
    await hosted.deploy(script(""));
    const written = await whileWriting(async () => {
      for (let upgrade = 1; upgrade <= 4; upgrade++)
        await hosted.deploy(script(upgrade % 2 === 0 ? "" : "@m = count();"));
    });
    assert.deepEqual(
      [...hosted.hooks].map(({ way }) => way),
      ["root"],
    );
    assert.equal(count(hosted.current, "@n"), written);
    await hosted.stop(() => false);
  });
}

kernelTest(
  "a version that unwinds stacks is told of processes' code, and so is the next one",
  { needs: ["bpf_loop", "tracepoint"] },
  async () => {
    const events: Events = { printed: [] };
    const hosted = host(events);
    const spec = compile(
      `tracepoint:syscalls:sys_enter_access /pid == ${process.pid}/ { printf("%d\\n", len(dw_ustack)); }`,
    );
    try {
      for (const version of [1, 2]) {
        await hosted.deploy(spec);
        events.printed.length = 0;
        const { unwind } = spec.manifest;
        const outcomes = hosted.current?.collection.map(unwind?.outcomes ?? "");
        const complete = (): number => (outcomes === undefined ? 0 : readOutcomes(outcomes).complete);
        for (const end = Date.now() + 90_000; Date.now() < end && complete() === 0; await sleep(20))
          existsSync("/nonexistent");
        assert.ok(complete() > 0, `version ${version}: ${events.printed.join(" ")}`);
      }
    } finally {
      await hosted.stop(() => false);
      hosted.close();
    }
  },
);

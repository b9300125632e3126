/** usdt probes of a program whose rounds are counted, read through libbpf's tables. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { release } from "node:os";
import { fileURLToPath } from "node:url";
import type { AttachTarget } from "@sonde/bpf/spec";
import { type Collection, loadCollection } from "../collection/index.ts";
import { kernelTypes, objectWith } from "../collection/testing/objects.ts";
import { UnsupportedFeatureError, leaked, openKernel, openKernelDescriptors } from "../sys/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { Attacher } from "./attacher.ts";
import { UsdtSpecs, usdtSpecs } from "./usdt/specs.ts";

const kernel = openKernel();
const vmlinux = kernelTypes();
const sample = (name: string): string => fileURLToPath(new URL(`../../testdata/${name}`, import.meta.url));
const FIXED = sample("usdt-sample");
const ANYWHERE = sample("usdt-sample-pie");

/** Waits for a byte, then passes its probes ten times. */
class Sample {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;

  constructor(path: string) {
    this.#child = spawn(path, { stdio: ["pipe", "ignore", "inherit"] });
    this.#exit = once(this.#child, "exit");
    this.pid = this.#child.pid ?? 0;
  }

  async run(): Promise<void> {
    this.#child.stdin?.end("x");
    assert.deepEqual(await this.#exit, [0, null]);
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

const at = (path: string, name: string): AttachTarget => ({ kind: "usdt", path, provider: "sonde_test", name });

function load(object: string, path: string, watched: number, ...programs: readonly string[]): Collection {
  const editor = objectWith(object, ...programs);
  for (const name of programs) editor.program(name).attach = [at(path, name)];
  editor.globals<{ watched: number }>("rodata").watched = watched;
  return loadCollection(kernel, editor.spec(), { vmlinux });
}

for (const [path, what] of [
  [FIXED, "a program at fixed addresses"],
  [ANYWHERE, "a program that is loaded anywhere"],
] as const) {
  kernelTest(
    `usdt probes of ${what} tell their arguments, and wake those that wait for a listener`,
    { needs: ["uprobe"] },
    async () => {
      const before = openKernelDescriptors();
      using process = new Sample(path);
      {
        using collection = load("usdt", path, process.pid, "plain", "counted");
        const usdt = usdtSpecs(collection);
        assert.ok(usdt !== undefined);
        const links = new Attacher(kernel).attachAll(
          Array.from(collection.attachments(), (attachment) => ({
            ...attachment,
            options: { usdt, cookie: 99n, pid: process.pid },
          })),
        );
        await process.run();
        for (const link of links) link.close();
        assert.deepEqual(
          { ...collection.globals<Record<string, unknown>>("bss") },
          {
            plain_count: 10n,
            counted_count: 10n,
            plain_cookie: 99n,
            first: 10n,
            second: -5n,
            third: 1234n,
            arguments: 3,
          },
        );
      }
      assert.deepEqual(leaked(before, openKernelDescriptors()), []);
    },
  );
}

kernelTest("a probe that is not there is named beside those that are", { needs: ["uprobe"] }, () => {
  using collection = load("usdt", FIXED, 0, "plain");
  assert.throws(
    () => new Attacher(kernel).attach(collection.program("plain"), at(FIXED, "absent")),
    /has no such probe; it has sonde_test:plain, sonde_test:counted, sonde_test:indexed/,
  );
});

kernelTest(
  "an argument at an indexed address, for objects that know such addresses",
  { needs: ["uprobe"] },
  async () => {
    using process = new Sample(FIXED);
    using collection = load("usdt_indexed", FIXED, process.pid, "indexed");
    const usdt = usdtSpecs(collection);
    assert.ok(usdt !== undefined);
    const attacher = new Attacher(kernel);
    const [attachment] = collection.attachments();
    const link = attacher.attach(attachment!.program, attachment!.target, { usdt });
    await process.run();
    link.close();
    const { sum, count } = collection.globals<{ sum: bigint; count: bigint }>("bss");
    assert.deepEqual({ sum, count }, { sum: -385n, count: 10n });

    using older = load("usdt", FIXED, 0, "plain");
    const olderUsdt = usdtSpecs(older);
    assert.ok(olderUsdt instanceof UsdtSpecs);
    assert.throws(
      () => attacher.attach(older.program("plain"), at(FIXED, "indexed"), { usdt: olderUsdt }),
      /compile it with the usdt.bpf.h of libbpf 1.7 or later/,
    );
  },
);

kernelTest(
  "before attach cookies, arguments of what is loaded anywhere are those of one process",
  { needs: ["uprobe"] },
  () => {
    using collection = load("usdt", ANYWHERE, 0, "plain");
    const usdt = usdtSpecs(collection);
    assert.ok(usdt !== undefined);
    const attach = (pid?: number): void =>
      new Attacher(kernel)
        .attach(collection.program("plain"), at(ANYWHERE, "plain"), { usdt, ...(pid !== undefined && { pid }) })
        .close();
    const [major = 0, minor = 0] = release().split(".").map(Number);
    if (major > 5 || (major === 5 && minor >= 15)) {
      attach();
      return;
    }
    assert.throws(attach, (error) => error instanceof UnsupportedFeatureError && /option pid/.test(error.message));
    assert.throws(() => attach(process.pid), /has not loaded .*usdt-sample-pie/);
  },
);

import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import {
  alu64Imm,
  callHelper,
  exit,
  HELPERS,
  jump,
  jumpIfImm,
  load,
  loadMap,
  mov64,
  mov64Imm,
  store,
  withLabel,
} from "@sonde/bpf/asm";
import type { Instruction } from "@sonde/bpf/asm";
import { loadCollection } from "../collection/load.ts";
import type { Collection } from "../collection/collection.ts";
import { testMap, testObject } from "../collection/test-object.ts";
import { createMap } from "../maps/create.ts";
import { leaked, openKernelDescriptors } from "../sys/leaks.ts";
import { openKernel } from "../sys/linux.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { Ring } from "./ring.ts";

const kernel = openKernel();
const RECORDS = 64;
const NO_WAKEUP = 1;

/**
 * Submits 64 records that hold the numbers from its first argument on, discards every eighth, and
 * returns how many it could not reserve.
 */
function producer(): Instruction[] {
  return [
    load(8, 6, 1, 0),
    mov64Imm(7, 0),
    mov64Imm(8, 0),
    withLabel(loadMap(1, "ring"), "next"),
    mov64Imm(2, 16),
    mov64Imm(3, 0),
    callHelper(HELPERS.ringbuf_reserve[0]),
    jumpIfImm("JNE", 64, 0, 0, "fill"),
    alu64Imm("ADD", 8, 1),
    jump("step"),
    withLabel(store(8, 0, 0, 6), "fill"),
    store(8, 0, 8, 7),
    mov64(1, 0),
    mov64Imm(2, NO_WAKEUP),
    mov64(3, 6),
    alu64Imm("AND", 3, 7),
    jumpIfImm("JEQ", 64, 3, 0, "discard"),
    callHelper(HELPERS.ringbuf_submit[0]),
    jump("step"),
    withLabel(callHelper(HELPERS.ringbuf_discard[0]), "discard"),
    withLabel(alu64Imm("ADD", 6, 1), "step"),
    alu64Imm("ADD", 7, 1),
    jumpIfImm("JLT", 64, 7, RECORDS, "next"),
    mov64(0, 8),
    exit(),
  ];
}

function open(size: number): Collection {
  const ring = testMap("ring", "ringbuf", { keySize: 0, valueSize: 0, maxEntries: size });
  return loadCollection(kernel, testObject([{ instructions: producer() }], [ring]), { vmlinux: () => undefined });
}

function argument(first: number): Uint8Array {
  return new Uint8Array(new BigUint64Array([BigInt(first)]).buffer);
}

kernelTest(
  "everything that the kernel submits arrives once, in order, over many turns of the ring",
  { needs: ["ringbuf"] },
  () => {
    using collection = open(4096);
    using ring = new Ring(kernel, collection.map("ring"));
    const program = collection.program("main");
    let next = 1;
    for (let start = 0; start < 2000 * RECORDS; start += RECORDS) {
      assert.equal(program.testRun({ context: argument(start) }).returned, 0);
      ring.drain((view, offset, length) => {
        assert.equal(length, 16);
        assert.equal(view.getUint32(offset, true), next);
        next += next % 8 === 7 ? 2 : 1;
      });
    }
    assert.equal(next, 2000 * RECORDS + 1);
  },
);

kernelTest("what a full ring refuses plus what it holds is what was made", { needs: ["ringbuf"] }, () => {
  using collection = open(4096);
  using ring = new Ring(kernel, collection.map("ring"));
  let refused = 0;
  for (let run = 0; run < 10; run++)
    refused += collection.program("main").testRun({ context: argument(1 << 20) }).returned;
  assert.ok(refused > 0);
  // 24 bytes each with the header; an eighth of those that were reserved has been discarded.
  const reserved = 10 * RECORDS - refused;
  assert.equal(reserved, Math.floor(4096 / 24));
  assert.equal(
    ring.drain(() => {}),
    reserved - Math.ceil(reserved / 8),
  );
});

kernelTest("a ring is drained while another thread fills it", { needs: ["ringbuf"] }, async () => {
  using collection = open(1 << 16);
  using ring = new Ring(kernel, collection.map("ring"));
  const runs = 3000;
  const worker = new Worker(
    `const { workerData, parentPort } = require("node:worker_threads");
     import(workerData.sys).then(({ openKernel, programTestRun }) => {
       const kernel = openKernel();
       let refused = 0;
       for (let run = 0; run < workerData.runs; run++) {
         const context = new Uint8Array(new BigUint64Array([BigInt(run * 64)]).buffer);
         refused += programTestRun(kernel, workerData.fd, "producer", { context }).returned;
       }
       parentPort.postMessage(refused);
     });`,
    {
      eval: true,
      workerData: { sys: new URL("../sys/index.js", import.meta.url).href, fd: collection.program("main").fd, runs },
    },
  );
  let records = 0;
  let last = -1;
  const drain = (): void => {
    ring.drain((view, offset) => {
      const value = view.getUint32(offset, true);
      assert.ok(value > last, `${value} after ${last}`);
      last = value;
      records++;
    });
  };
  const timer = setInterval(drain, 1);
  const [refused] = (await once(worker, "message")) as [number];
  clearInterval(timer);
  drain();
  await worker.terminate();
  const made = runs * RECORDS;
  // Discarded ones are not seen, and which of the refused would have been discarded is not known.
  assert.ok(
    records <= (made * 7) / 8 && records >= (made * 7) / 8 - refused,
    `${records} of ${made}, ${refused} refused`,
  );
});

kernelTest("rings come and go without a descriptor left", { needs: ["ringbuf"] }, () => {
  const before = openKernelDescriptors();
  for (let i = 0; i < 200; i++) {
    using map = createMap(kernel, testMap("ring", "ringbuf", { keySize: 0, valueSize: 0, maxEntries: 4096 }));
    using ring = new Ring(kernel, map);
    assert.equal(
      ring.drain(() => {}),
      0,
    );
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

// Objects come and go without a trace in this process or in the kernel. SONDE_ENDURANCE_ROUNDS sets how many; the
// long form has 10,000 and takes some minutes.
import assert from "node:assert/strict";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { kernelTest } from "@sonde/kernel/testing";
import { compileBpf } from "../support/clang.js";
import { temporaryFolder } from "../support/folder.js";
import { endure, ROADS } from "./rounds.js";

const rounds = Number(process.env.SONDE_ENDURANCE_ROUNDS ?? 300);
const SAMPLES = 30;
/** Bytes that resident memory may grow between the thirds of a run: what the allocator and the JIT move about. */
const SLACK = 6 << 20;
const source = fileURLToPath(new URL("testdata/rounds.bpf.c", import.meta.url));

kernelTest(
  "rounds of load, attach and close leave memory and descriptors as they were",
  { timeout: 3_600_000 },
  async (context) => {
    const file = compileBpf(source, path.join(temporaryFolder(), "rounds.bpf.o"));
    const { events, samples, descriptorsBefore, descriptorsAfter, leftovers } = await endure(file, rounds, SAMPLES);
    const resident = samples.map((sample) => sample.resident);
    const third = SAMPLES / 3;
    // The first third warms up: code is compiled, heaps find their size.
    const [middle, last] = [average(resident.slice(third, 2 * third)), average(resident.slice(2 * third))];
    const megabytes = resident.map((bytes) => (bytes / (1 << 20)).toFixed(1));
    context.diagnostic(`${rounds} rounds: ${descriptorsAfter} descriptors, resident MB ${megabytes.join(" ")}`);
    assert.equal(events, ROADS * rounds);
    assert.equal(descriptorsAfter, descriptorsBefore);
    assert.deepEqual(leftovers, []);
    assert.ok(last - middle < SLACK, `resident memory grows: ${megabytes.join(" ")} MB`);
  },
);

/** @param {readonly number[]} values */
function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

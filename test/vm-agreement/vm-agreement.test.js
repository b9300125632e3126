// The VM does what the kernel does: random programs run by both, from the same inputs, must leave the same registers,
// stack and memory. SONDE_VM_PROGRAMS sets how many, SONDE_VM_SEED where to begin.
import assert from "node:assert/strict";
import { release } from "node:os";
import { assemble, disassemble, encode, layout } from "@sonde/bpf/asm";
import { Vm } from "@sonde/bpf/vm";
import { createMap } from "@sonde/kernel/maps";
import {
  BpfCommand,
  FileDescriptor,
  openKernel,
  programLoadAttr,
  programTestRun,
  ProgramTypeId,
} from "@sonde/kernel/sys";
import { kernelTest } from "@sonde/kernel/testing";
import { Random } from "./random.js";
import { INPUTS, randomProgram, VALUE_BYTES } from "./random-program.js";

/**
 * @typedef {import("@sonde/bpf/asm").Instruction} Instruction
 * @typedef {import("@sonde/kernel/maps").BpfMap} BpfMap
 * @typedef {import("@sonde/kernel/sys").Kernel} Kernel
 */

const programs = Number(process.env.SONDE_VM_PROGRAMS ?? 2000);
const firstSeed = Number(process.env.SONDE_VM_SEED ?? 1);
/** Each program runs on so many different inputs. */
const RUNS = 3;
/** Fewer than this part of the programs refused by the verifier: else the generator has gone astray. */
const REFUSED = 0.05;

/** @type {import("@sonde/bpf/spec").MapSpec} */
const dataMap = {
  name: "data",
  type: "array",
  keySize: 4,
  valueSize: VALUE_BYTES,
  maxEntries: 1,
  flags: 0,
  keyTypeId: 0,
  valueTypeId: 0,
};

/** @param {string} version */
function atLeast(version) {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = version.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** @param {Random} random */
function randomValue(random) {
  const value = new Uint8Array(VALUE_BYTES);
  const view = new DataView(value.buffer);
  for (let at = 0; at < 8 * (INPUTS + 10); at += 8) view.setBigUint64(at, random.word(), true);
  return value;
}

/** @param {Uint8Array} bytes */
function inWords(bytes) {
  return Array.from(new BigUint64Array(bytes.slice().buffer), (word, index) => `${8 * index}=${word.toString(16)}`);
}

kernelTest("random programs leave the same state in the VM and in the kernel", { timeout: 3_600_000 }, () => {
  const abilities = { v4: atLeast("6.6"), mayGoto: atLeast("6.9"), acquire: atLeast("6.15") };
  const kernel = openKernel();
  const map = createMap(kernel, dataMap);
  let refused = 0;
  for (let seed = firstSeed; seed < firstSeed + programs; seed++) {
    const random = new Random(seed);
    const instructions = randomProgram(random, abilities);
    assert.deepEqual(assemble(disassemble(instructions)), instructions, `seed ${seed}`);
    const fd = load(kernel, instructions, map);
    if (fd === undefined) {
      refused++;
      continue;
    }
    try {
      compare(kernel, fd, map, instructions, random, `seed ${seed}`);
    } finally {
      fd.close();
    }
  }
  map.close();
  assert.ok(refused <= programs * REFUSED, `the verifier refused ${refused} of ${programs} programs`);
});

/**
 * Undefined if the verifier refuses it.
 * @param {Kernel} kernel
 * @param {readonly Instruction[]} instructions
 * @param {BpfMap} map
 */
function load(kernel, instructions, map) {
  const bytes = encode(layout(instructions), { map: () => map.fd });
  const request = { type: ProgramTypeId.raw_tracepoint, instructions: bytes, license: "GPL", name: "random" };
  const fd = kernel.bpf(BpfCommand.PROG_LOAD, programLoadAttr(kernel.attr(0), request));
  return fd < 0 ? undefined : new FileDescriptor(fd);
}

/**
 * @param {Kernel} kernel
 * @param {FileDescriptor} program
 * @param {BpfMap} map
 * @param {readonly Instruction[]} instructions
 * @param {Random} random
 * @param {string} where
 */
function compare(kernel, program, map, instructions, random, where) {
  /** @type {import("@sonde/bpf/spec").ProgramSpec} */
  const spec = {
    name: "random",
    type: "raw_tracepoint",
    attach: [],
    instructions,
    functions: new Map(),
    title: "random",
  };
  const vm = new Vm({ programs: [spec], maps: [dataMap] });
  const key = new Uint8Array(4);
  for (let run = 0; run < RUNS; run++) {
    const value = randomValue(random);
    map.update(key, value);
    vm.map("data").set(0, value);
    const { returned } = programTestRun(kernel, program.fd, "the random program");
    const context = () => `${where}, run ${run}, inputs ${inWords(value).join(" ")}\n${disassemble(instructions)}`;
    const { result } = runOrFail(vm, context);
    const [ours, theirs] = [vm.map("data").get(0), map.lookup(key)];
    assert.ok(ours !== undefined && theirs !== undefined);
    if (Buffer.compare(ours, theirs) === 0 && BigInt.asUintN(32, result) === BigInt(returned >>> 0)) continue;
    assert.deepEqual(
      [...inWords(ours), Number(BigInt.asUintN(32, result))],
      [...inWords(theirs), returned >>> 0],
      context(),
    );
  }
}

/** @param {Vm} vm @param {() => string} context */
function runOrFail(vm, context) {
  try {
    return vm.run("random");
  } catch (error) {
    throw new Error(`${context()}\nthe VM refuses what the kernel ran`, { cause: error });
  }
}

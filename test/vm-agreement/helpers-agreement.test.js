// Helpers and maps answer in the VM what they answer in the kernel: each program runs in both, call after call.
import assert from "node:assert/strict";
import { assemble, withLabel } from "@sonde/bpf/asm";
import { Vm } from "@sonde/bpf/vm";
import { BtfBuilder } from "@sonde/bpf/btf";
import { loadCollection } from "@sonde/kernel/collection";
import { openKernel } from "@sonde/kernel/sys";
import { kernelTest } from "@sonde/kernel/testing";

/** @typedef {import("@sonde/bpf/spec").MapSpec} MapSpec */

/** @param {string} name @param {import("@sonde/bpf/spec").MapType} type @param {Partial<MapSpec>} [changes] @returns {MapSpec} */
function mapSpec(name, type, changes = {}) {
  return { name, type, keySize: 4, valueSize: 8, maxEntries: 3, flags: 0, keyTypeId: 0, valueTypeId: 0, ...changes };
}

/** @param {readonly (number | bigint)[]} values */
function words(values) {
  return new Uint8Array(BigUint64Array.from(values, (value) => BigInt.asUintN(64, BigInt(value))).buffer);
}

/** Key, value and flags, which a raw tracepoint gets as its arguments, copied to the stack. */
const copyArguments = `
  r6 = *(u64 *)(r1 + 0)
  *(u64 *)(r10 - 8) = r6
  r6 = *(u64 *)(r1 + 8)
  *(u64 *)(r10 - 16) = r6
  r6 = *(u64 *)(r1 + 16)
  r2 = r10
  r2 += -8`;
const update = `${copyArguments}
  r3 = r10
  r3 += -16
  r4 = r6
  r1 = map[m] ll
  call bpf_map_update_elem
  exit`;
/** An update, and the number it left with the key. */
const updateAndRead = update.replace(
  "exit",
  `
  r7 = r0
  r2 = r10
  r2 += -8
  r1 = map[m] ll
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  r1 = *(u32 *)(r0 + 0)
  r7 <<= 16
  r7 += r1
  out: r0 = r7
  exit`,
);
const remove = `${copyArguments}
  r1 = map[m] ll
  call bpf_map_delete_elem
  exit`;

const noKeys = { keySize: 0 };
/** Key, value, flags. */
const updates = [
  [1, 10, 0],
  [1, 11, 1],
  [1, 12, 2],
  [2, 20, 2],
  [2, 20, 1],
  [0, 5, 0],
  [3, 30, 0],
  [4, 40, 0],
  [1, 13, 7],
  [9, 1, 2],
];

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {readonly MapSpec[]} maps
 * @property {string} text
 * @property {readonly (readonly (number | bigint)[])[]} calls the arguments of each
 */

/** @type {readonly Row[]} */
const rows = [
  ...["hash", "array"].map((type) => ({
    name: `update of ${type}`,
    maps: [mapSpec("m", /** @type {"hash"} */ (type))],
    text: updateAndRead,
    calls: updates,
  })),
  { name: "delete of hash", maps: [mapSpec("m", "hash")], text: remove, calls: [[1, 0, 0]] },
  { name: "delete of array", maps: [mapSpec("m", "array")], text: remove, calls: [[1, 0, 0]] },
  {
    name: "a trie",
    maps: [mapSpec("m", "lpm_trie", { keySize: 8, flags: 1 })],
    text: updateAndRead,
    calls: [
      [0x0a_0000_0008n, 1, 0],
      [0x1f_0a_0000_000cn, 2, 0],
      [0x2f_0a_0000_000cn, 3, 1],
      [0x1f_0a_0000_000cn, 3, 1],
      [0x40, 1, 0],
      [0x18, 1, 2],
    ],
  },
  ...["queue", "stack"].map((type) => ({
    name: type,
    maps: [mapSpec("m", /** @type {"queue"} */ (type), noKeys)],
    text: `${copyArguments}
      r3 = r6
      r1 = map[m] ll
      call bpf_map_push_elem
      r7 = r0
      r2 = r10
      r2 += -16
      r1 = map[m] ll
      call bpf_map_peek_elem
      r7 <<= 8
      r0 += r7
      r1 = *(u64 *)(r10 - 16)
      r0 <<= 8
      r0 += r1
      exit`,
    calls: [
      [1, 0, 0],
      [2, 0, 0],
      [3, 0, 0],
      [4, 0, 0],
      [5, 0, 2],
      [6, 0, 1],
    ],
  })),
  {
    name: "a ring until it is full",
    maps: [mapSpec("m", "ringbuf", { keySize: 0, valueSize: 0, maxEntries: 4096 })],
    text: `
      r6 = 0
      again:
      r1 = map[m] ll
      r2 = 24
      r3 = 0
      call bpf_ringbuf_reserve
      if r0 == 0 goto out
      r1 = r0
      r2 = 0
      call bpf_ringbuf_submit
      r6 += 1
      if r6 < 300 goto again
      out:
      r1 = map[m] ll
      r2 = 0
      call bpf_ringbuf_query
      r0 <<= 16
      r0 += r6
      exit`,
    calls: [[0]],
  },
  {
    name: "probe_read of addresses that are not there",
    maps: [],
    text: `
      r3 = *(u64 *)(r1 + 0)
      r6 = *(u64 *)(r1 + 8)
      *(u64 *)(r10 - 8) = -1
      r1 = r10
      r1 += -8
      r2 = 8
      if r6 == 0 goto kernel
      call bpf_probe_read_user
      goto out
      kernel: call bpf_probe_read_kernel
      out:
      r1 = *(u64 *)(r10 - 8)
      r0 += r1
      exit`,
    calls: [
      [0, 0],
      [0, 1],
      [-4096, 0],
      [-4096, 1],
      [0x1000, 0],
      [0x1000, 1],
    ],
  },
  {
    name: "loop",
    maps: [],
    text: `
      main:
      r6 = *(u64 *)(r1 + 8)
      r1 = *(u64 *)(r1 + 0)
      *(u64 *)(r10 - 8) = 0
      r2 = func[each] ll
      r3 = r10
      r3 += -8
      r4 = r6
      call bpf_loop
      r1 = *(u64 *)(r10 - 8)
      r0 <<= 16
      r0 += r1
      exit
      each:
      r3 = *(u64 *)(r2 + 0)
      r3 += r1
      *(u64 *)(r2 + 0) = r3
      r0 = 0
      if r1 != 9 goto out
      r0 = 1
      out: exit`,
    calls: [
      [0, 0],
      [5, 0],
      [20, 0],
      [5, 1],
      [0x900000, 0],
    ],
  },
  {
    name: "walking an array",
    maps: [mapSpec("m", "array", { maxEntries: 5 })],
    text: `
      main:
      *(u64 *)(r10 - 8) = 0
      r1 = map[m] ll
      r2 = func[each] ll
      r3 = r10
      r3 += -8
      r4 = 0
      call bpf_for_each_map_elem
      r1 = *(u64 *)(r10 - 8)
      r0 <<= 16
      r0 += r1
      exit
      each:
      r5 = *(u32 *)(r2 + 0)
      r0 = *(u64 *)(r4 + 0)
      r0 += r5
      r5 = *(u64 *)(r4 + 0)
      r5 += 1
      lock *(u64 *)(r3 + 0) += r5
      r0 = 0
      exit`,
    calls: [[0], [0]],
  },
  {
    name: "snprintf",
    maps: [
      mapSpec("format", "array", {
        valueSize: 32,
        maxEntries: 1,
        flags: 0x80,
        data: padded("%d %5u|%-4x|%08llx %c", 32),
      }),
    ],
    text: `
      r6 = *(u64 *)(r1 + 0)
      *(u64 *)(r10 - 40) = r6
      *(u64 *)(r10 - 32) = r6
      *(u64 *)(r10 - 24) = r6
      *(u64 *)(r10 - 16) = r6
      *(u64 *)(r10 - 8) = 65
      ${Array.from({ length: 8 }, (_, index) => `*(u64 *)(r10 - ${48 + 8 * index}) = 0`).join("\n")}
      r1 = r10
      r1 += -104
      r2 = 64
      r3 = map[format][0]+0 ll
      r4 = r10
      r4 += -40
      r5 = 40
      call bpf_snprintf
      ${Array.from({ length: 8 }, (_, index) => `r1 = *(u64 *)(r10 - ${48 + 8 * index})\nr0 *= 31\nr0 += r1`).join("\n")}
      exit`,
    calls: [[5], [-5], [0x1_8000_0000n], [-1], [99_999_999]],
  },
];

/** @param {string} text @param {number} size */
function padded(text, size) {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(text));
  return bytes;
}

/**
 * Functions are of type `int (void *, void *, void *, void *)`: the verifier wants to know of callbacks that they are some.
 * @param {Row} row
 * @returns {import("@sonde/bpf/spec").ObjectSpec}
 */
function objectOf({ name, maps, text }) {
  const btf = new BtfBuilder();
  const pointer = btf.ptr(0);
  const parameters = ["a", "b", "c", "d"].map((parameter) => ({ name: parameter, type: pointer }));
  const prototype = btf.funcProto(btf.int("int", 4, "signed"), parameters);
  const [first, ...rest] = assemble(text);
  assert.ok(first !== undefined);
  const instructions = [withLabel(first, "main"), ...rest];
  const functions = new Map(
    instructions
      .flatMap(({ label }) => (label === "main" || label === "each" ? [label] : []))
      .map((label) => [label, btf.func(label, prototype, "static")]),
  );
  return {
    name: "test",
    license: "GPL",
    programs: [{ name: "main", type: "raw_tracepoint", attach: [], instructions, functions, title: name }],
    maps,
    btf: btf.encode(),
    manifest: { maps: [], events: [], config: { printMapsOnExit: true, stackMode: "bpftrace" } },
  };
}

for (const row of rows) {
  kernelTest(`${row.name}: the VM answers as the kernel does`, () => {
    const object = objectOf(row);
    const collection = loadCollection(openKernel(), object, { vmlinux: () => undefined });
    const vm = new Vm(object);
    try {
      for (const [index, call] of row.calls.entries()) {
        const context = words(call);
        const { returned } = collection.program("main").testRun({ context });
        const { result } = vm.run("main", context);
        assert.equal(Number(BigInt.asIntN(32, result)), returned | 0, `call ${index} with ${call.join(", ")}`);
      }
    } finally {
      collection.close();
    }
  });
}

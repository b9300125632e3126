import assert from "node:assert/strict";
import { test } from "node:test";
import { testMap, testVm } from "../testing.ts";
import { words } from "../vm.ts";
import type { Vm } from "../vm.ts";
import { formatText } from "./format.ts";

const task = { pid: 7, tgid: 5, uid: 1000, gid: 100, comm: "a-name-of-20-letters", cgroupId: 99n, address: 0n };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test("who runs, where and when is the environment's to say", () => {
  const rows = [
    ["get_current_pid_tgid", (5n << 32n) | 7n],
    ["get_current_uid_gid", (100n << 32n) | 1000n],
    ["get_current_cgroup_id", 99n],
    ["get_smp_processor_id", 1n],
    ["ktime_get_ns", 12_345n],
    ["get_prandom_u32", 4n],
    ["get_attach_cookie", 8n],
  ] as const;
  for (const [helper, expected] of rows) {
    const environment = { task: () => task, time: () => 12_345n, random: () => 4, cookie: () => 8n };
    const vm = testVm(`call bpf_${helper}\nexit`, [], { cpus: 2, environment });
    assert.equal(vm.run("main", { cpu: 1 }).result, expected, helper);
  }
});

test("without an environment every run is the same", () => {
  const vm = (): Vm => testVm("call bpf_ktime_get_ns\nr6 = r0\ncall bpf_get_prandom_u32\nr0 += r6\nexit");
  assert.equal(vm().run("main").result, vm().run("main").result);
});

test("a kernel function that is not simulated is named, whatever JavaScript has by that name", () => {
  assert.throws(() => testVm("call ksym[toString]\nexit").run("main"), /kernel function toString is not simulated/);
});

test("an iterator hands out its numbers in itself, at most 2 to the power of 23", () => {
  const rows = [
    [0, 4, [0n, 6n]],
    [-2, 1, [0n, -3n]],
    [5, 5, [0n, 0n]],
    [7, 5, [-22n, 0n]],
    [0, (1 << 23) + 1, [-7n, 0n]],
  ] as const;
  for (const [start, end, expected] of rows) {
    const vm = testVm(`
      r6 = r1
      r7 = 0
      r1 = r10
      r1 += -8
      r2 = ${start}
      r3 = ${end}
      call ksym[bpf_iter_num_new]
      *(u64 *)(r6 + 0) = r0
    again:
      r1 = r10
      r1 += -8
      call ksym[bpf_iter_num_next]
      if r0 == 0 goto done
      r0 = *(s32 *)(r0 + 0)
      r7 += r0
      goto again
    done:
      r1 = r10
      r1 += -8
      call ksym[bpf_iter_num_destroy]
      r0 = r7
      exit`);
    const { result, context } = vm.run("main", new Uint8Array(8));
    const [began] = new BigInt64Array(context.buffer, context.byteOffset, 1);
    assert.deepEqual([began, BigInt.asIntN(64, result)], expected, `${start} to ${end}`);
  }
});

test("comm is cut to 15 characters and padded", () => {
  const vm = testVm("r2 = 16\ncall bpf_get_current_comm\nexit", [], { environment: { task: () => task } });
  const { context } = vm.run("main", new Uint8Array(16).fill(0xff));
  assert.equal(text(context), "a-name-of-20-le\0");
});

test("probe reads give errors and zeros, where direct loads fault", () => {
  const read = (helper: string): Vm => testVm(`r3 = *(u64 *)(r1 + 0)\nr2 = 8\ncall bpf_${helper}\nexit`);
  const rows = [
    ["probe_read_kernel", "kernel", 0, 0x55n],
    ["probe_read_kernel", "user", -34, 0n],
    ["probe_read_user", "user", 0, 0x55n],
    ["probe_read_user", "kernel", -14, 0n],
    ["probe_read", "user", 0, 0x55n],
    ["probe_read", "kernel", 0, 0x55n],
  ] as const;
  for (const [helper, space, status, value] of rows) {
    const vm = read(helper);
    const { result, context } = vm.run("main", words(vm.allocate(words(0x55), { space })));
    assert.deepEqual([Number(BigInt.asIntN(32, result)), context], [status, words(value)], `${helper} of ${space}`);
  }
  const { result, context } = read("probe_read_kernel").run("main", words(-4096));
  assert.deepEqual([BigInt.asIntN(64, result), context], [-14n, words(0)]);
});

test("strings are copied up to their NUL, and always end with one", () => {
  const vm = testVm("r3 = *(u64 *)(r1 + 0)\nr2 = 6\ncall bpf_probe_read_user_str\nexit");
  const string = (content: string): bigint => vm.allocate(new TextEncoder().encode(content), { space: "user" });
  const run = (address: bigint): readonly [bigint, string] => {
    const { result, context } = vm.run("main", words(address));
    return [BigInt.asIntN(64, result), text(context.subarray(0, 6)).replace(/\0.*$/, "|")];
  };
  assert.deepEqual(run(string("abc\0defg")), [4n, "abc|"]);
  assert.deepEqual(run(string("abcdefgh\0")), [6n, "abcde|"]);
  assert.deepEqual(run(string("abc")), [-14n, "|"]);
});

test("printk prints to the result", () => {
  const vm = testVm(`
    r6 = r1
    r2 = 32
    r3 = -5
    r4 = 255
    r5 = *(u64 *)(r6 + 32)
    call bpf_trace_printk
    exit`);
  const context = new Uint8Array(40);
  context.set(new TextEncoder().encode("%d 0x%llx %s"));
  new DataView(context.buffer).setBigUint64(32, vm.allocate(new TextEncoder().encode("name\0")), true);
  assert.deepEqual(vm.run("main", context).printed, ["-5 0xff name"]);
});

test("formats are the kernel's", () => {
  const rows: readonly (readonly [format: string, args: readonly bigint[], text: string])[] = [
    ["%d%%", [-1n], "-1%"],
    ["%u %x", [-1n, -1n], "4294967295 ffffffff"],
    ["%lld %llu", [-1n, -1n], "-1 18446744073709551615"],
    ["%hhu|%hd", [0x1ffn, 0x18000n], "255|-32768"],
    ["[%5d|%-5d|%05d]", [-42n, -42n, -42n], "[  -42|-42  |-0042]"],
    ["%#x %X %c", [255n, 255n, 65n], "0xff FF A"],
    ["%p", [0xffff_8000_0000_1000n], "ffff800000001000"],
    ["%s %.2s", [1n, 1n], "string st"],
  ];
  for (const [format, args, expected] of rows) {
    const string = (_: bigint, limit: number): string => "string".slice(0, limit);
    const wrapped = args.map((value) => BigInt.asUintN(64, value));
    assert.equal(formatText(format, wrapped, string), expected, format);
  }
});

test("snprintf says how long the text would be", () => {
  const vm = testVm(`
    r6 = r1
    r3 = *(u64 *)(r6 + 0)
    r4 = r6
    r4 += 8
    r5 = 8
    r1 = r6
    r1 += 16
    r2 = 4
    call bpf_snprintf
    exit`);
  const format = vm.allocate(new TextEncoder().encode("n=%d\0"));
  const { result, context } = vm.run("main", words(format, 123, 0));
  assert.equal(result, 6n);
  assert.equal(text(context.subarray(16, 20)), "n=1\0");
});

test("stacks are the environment's, with one id for each", () => {
  const environment = { stack: (space: "kernel" | "user") => (space === "user" ? [0x10n, 0x20n, 0x30n] : undefined) };
  const stacks = testMap("stacks", "stack_trace", { valueSize: 24, maxEntries: 1024 });
  const vm = testVm("r3 = *(u64 *)(r1 + 0)\nr2 = map[stacks] ll\ncall bpf_get_stackid\nexit", [stacks], {
    environment,
  });
  const id = vm.run("main", words(0x100)).result;
  assert.deepEqual(vm.map("stacks").get(id), words(0x10, 0x20, 0x30));
  assert.equal(vm.run("main", words(0x100)).result, id);
  assert.deepEqual(vm.map("stacks").get(vm.run("main", words(0x101)).result), words(0x20, 0x30, 0));
  assert.equal(BigInt.asIntN(64, vm.run("main", words(0)).result), -14n);
});

test("perf events are kept by CPU", () => {
  const events = testMap("events", "perf_event_array", { valueSize: 4 });
  const vm = testVm(
    "r4 = r1\nr5 = 8\nr3 = -1\nw3 = w3\nr2 = map[events] ll\ncall bpf_perf_event_output\nexit",
    [events],
    { cpus: 2 },
  );
  vm.run("main", { context: words(1), cpu: 1 });
  assert.deepEqual(vm.perfEvents("events").drain(), [{ cpu: 1, bytes: words(1) }]);
  assert.deepEqual(vm.perfEvents("events").drain(), []);
});

test("an author's helper comes before the machine's", () => {
  const helpers = {
    get_current_pid_tgid: () => 3,
    send_signal: (call: { int(position: number): number }) => -call.int(1),
  };
  const vm = testVm("call bpf_get_current_pid_tgid\nr1 = r0\ncall bpf_send_signal\nexit", [], { helpers });
  assert.equal(BigInt.asIntN(64, vm.run("main").result), -3n);
});

test("a lock that is taken twice would wait for ever", () => {
  const lock = testMap("m", "array", { maxEntries: 1 });
  const vm = testVm("r1 = map[m][0]+0 ll\ncall bpf_spin_lock\nr1 = map[m][0]+0 ll\ncall bpf_spin_lock\nexit", [lock]);
  assert.throws(() => vm.run("main"), /the lock is held already/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { assemble } from "../asm/assemble.ts";
import { decode } from "../asm/decode.ts";
import { encode } from "../asm/encode.ts";
import { layout } from "../asm/layout.ts";
import { VmError, VmFault } from "./fault.ts";
import { testMap, testProgram, testVm } from "./testing.ts";
import { Vm, words } from "./vm.ts";

function fault(text: string, context: Uint8Array = words(1)): VmFault {
  try {
    testVm(text).run("main", context);
  } catch (error) {
    if (error instanceof VmFault) return error;
    throw error;
  }
  throw new Error(`no fault: ${text}`);
}

test("a fault says where, on what and why", () => {
  const { message, slot, program, address } = fault("r2 = 5 ll\nr1 += 8\nr0 = *(u32 *)(r1 + 4)\nexit");
  assert.match(
    message,
    /^program 'main', slot 3 \(r0 = \*\(u32 \*\)\(r1 \+ 4\)\): reading 4 bytes at 0x[0-9a-f]+: byte 12 of the 8 of the context is outside$/,
  );
  assert.deepEqual([program, slot], ["main", 3]);
  assert.equal(address! & 0xffn, 12n);
});

test("what the kernel would not let a program do ends the run", () => {
  const rows: readonly (readonly [text: string, message: RegExp])[] = [
    ["r0 = *(u64 *)(r1 - 1)\nexit", /byte -1 of the 8 of the context/],
    ["r0 = *(u64 *)(r1 + 4)\nexit", /byte 4 of the 8/],
    ["r1 = 0\nr0 = *(u64 *)(r1 + 0)\nexit", /reading 8 bytes at 0x0: no memory is there/],
    ["r0 = *(u64 *)(r2 + 0)\nexit", /0xbad0bad0bad0bad0: no memory is there/],
    ["*(u64 *)(r10 - 516) = 1\nexit", /a stack frame is outside/],
    ["*(u64 *)(r10 - 4) = 1\nexit", /writing 8 bytes .* a stack frame is outside/],
    ["r10 = 0\nexit", /R10 cannot be written/],
    ["l: goto l", /the budget of instructions is used up/],
    ["r0 = 0", /slot 1: the program runs past its last instruction/],
    ["call bpf_sock_hash_update\nexit", /bpf_sock_hash_update is not simulated; give it in the option "helpers"/],
    ["call 9999\nexit", /there is no helper 9999/],
    ["call kernel-function#7\nexit", /kernel function #7 is not simulated/],
    ["r0 = *(u16 *)skb[12]\nexit", /packet loads of classic BPF/],
    ["(ff) dst=2 src=1 off=3 imm=4", /is no instruction of BPF/],
    ["(0f) dst=12 src=1 off=0 imm=0", /is no instruction of BPF/],
    ["f: call f\nexit", /more than 8 frames/],
    ["call bpf_map_lookup_elem\nexit", /R1 is no map/],
    ["r2 = 5\nr1 = 3\nr3 = 0\nr4 = 0\ncall bpf_loop\nexit", /0x5 is no function of the program/],
  ];
  for (const [text, message] of rows) assert.match(fault(text).message, message, text);
});

test("jumps into nowhere and names that do not exist are refused before anything runs", () => {
  assert.throws(() => testVm("goto +5\nexit"), /slot 6, where it goes, begins no instruction/);
  assert.throws(() => testVm("goto +1\nr1 = 5 ll\nexit"), /slot 2, where it goes/);
  assert.throws(() => testVm("r1 = map[x] ll\nexit"), /there is no map 'x'; there is none/);
  assert.throws(() => testVm("r1 = map[fd:3] ll\nexit"), /map of descriptor 3 has no name/);
  assert.throws(
    () => testVm("exit", [testMap("x", "xskmap")]),
    /map 'x': the VM does not simulate maps of type xskmap/,
  );
  const vm = testVm("exit", [testMap("counts", "hash")]);
  assert.throws(() => vm.run("other"), /there is no program 'other'; there is 'main'/);
  assert.throws(() => vm.ring("counts"), /map 'counts' is of type hash, not a ring buffer/);
  assert.throws(() => vm.run("main", { cpu: 1 }), VmError);
});

test("a fault names the source line", () => {
  const [load, exit] = assemble("r0 = *(u64 *)(r1 + 0)\nexit");
  const source = { file: "a.bt", line: 3, column: 7, text: "kprobe:f { @ = arg0; }" };
  const spec = { ...testProgram("main", "exit"), instructions: [{ ...load!, source }, exit!] };
  assert.throws(
    () => new Vm({ programs: [spec], maps: [] }).run("main"),
    /\n {2}at a\.bt:3:7: kprobe:f \{ @ = arg0; \}$/,
  );
});

test("subprograms keep R6 to R9, have a stack of their own and reach the caller's", () => {
  const { result } = testVm(`
    main:
      r6 = 40
      *(u64 *)(r10 - 8) = 1
      r1 = r10
      r1 += -8
      call sub
      r0 += r6
      r1 = *(u64 *)(r10 - 8)
      r0 += r1
      exit
    sub:
      r6 = 1000
      *(u64 *)(r10 - 8) = 7
      *(u64 *)(r1 + 0) = 2
      r0 = 0
      exit`).run("main");
  assert.equal(result, 42n);
});

test("programs from bytes run as well: calls and callbacks by distance", () => {
  const text = `
      r1 = 5
      r2 = func[each] ll
      r3 = r10
      r3 += -8
      *(u64 *)(r10 - 8) = 0
      r4 = 0
      call bpf_loop
      r0 = *(u64 *)(r10 - 8)
      exit
    each:
      r3 = *(u64 *)(r2 + 0)
      r3 += r1
      *(u64 *)(r2 + 0) = r3
      r0 = 0
      exit`;
  const bytes = encode(layout(assemble(text)), { map: () => 0 });
  const spec = { ...testProgram("main", "exit"), instructions: decode(bytes) };
  assert.equal(new Vm({ programs: [spec], maps: [] }).run("main").result, 10n);
  assert.equal(testVm(text).run("main").result, 10n);
});

test("a tail call takes over with the context; one that goes nowhere falls through", () => {
  const first = `
    r6 = r1
    r2 = map[jumps] ll
    r3 = *(u32 *)(r1 + 0)
    call bpf_tail_call
    r0 = 1
    exit`;
  const vm = new Vm({
    programs: [testProgram("first", first), testProgram("second", "r0 = *(u64 *)(r1 + 8)\nexit")],
    maps: [testMap("jumps", "prog_array")],
  });
  vm.programs("jumps").set(2, "second");
  vm.programs("jumps").set(3, "first");
  assert.equal(vm.run("first", words(2, 77)).result, 77n);
  assert.equal(vm.run("first", words(1, 77)).result, 1n);
  assert.equal(vm.run("first", words(9, 77)).result, 1n);
  // 33 tail calls and no more, as the kernel has it: then each program has run once more than that.
  assert.equal(vm.run("first", words(3, 0)).instructions, 34 * 4 + 2);
});

test("a pointer of a typed program that leads nowhere gives zero", () => {
  const text = "r1 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 16)\nexit";
  assert.equal(testVm(text, [], { type: "tracing" }).run("main", words(0)).result, 0n);
  assert.throws(() => testVm(text).run("main", words(0)), /no memory is there/);
});

test("allocated memory is found through the context", () => {
  const vm = testVm("r1 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 8)\n*(u64 *)(r1 + 0) = r0\nexit");
  const writable = vm.allocate(words(1, 2), { writable: true, name: "task" });
  assert.equal(vm.run("main", words(writable)).result, 2n);
  assert.deepEqual(vm.memory.bytes(writable, 16), words(2, 2));
  assert.throws(
    () => vm.run("main", words(vm.allocate(words(1, 2), { name: "task" }))),
    /writing 8 bytes .*: task is read-only/,
  );
});

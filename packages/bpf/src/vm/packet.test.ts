import assert from "node:assert/strict";
import { test } from "node:test";
import { testVm } from "./testing.ts";

const frame = Uint8Array.from({ length: 20 }, (_, index) => index);

test("an XDP program finds its packet, and cannot leave it", () => {
  const text = `
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r0 = r3
    r0 -= r2
    *(u8 *)(r2 + 19) = 0xff
    exit`;
  const { result, packet } = testVm(text, [], { type: "xdp" }).run("main", { packet: frame });
  assert.equal(result, 20n);
  assert.deepEqual(packet, Uint8Array.of(...frame.subarray(0, 19), 0xff));
  const beyond = testVm(text.replace("+ 19", "+ 20"), [], { type: "xdp" });
  assert.throws(() => beyond.run("main", { packet: frame }), /byte 20 of the 20 of the packet is outside/);
});

test("moving a packet's ends makes new pointers", () => {
  const text = `
    r6 = r1
    r2 = -4
    call bpf_xdp_adjust_head
    r1 = r6
    r2 = 2
    call bpf_xdp_adjust_tail
    r2 = *(u32 *)(r6 + 0)
    *(u32 *)(r2 + 0) = -1
    r1 = r6
    r2 = -400
    call bpf_xdp_adjust_head
    exit`;
  const { result, packet } = testVm(text, [], { type: "xdp" }).run("main", { packet: frame });
  assert.equal(BigInt.asIntN(64, result), -22n);
  assert.deepEqual(packet, Uint8Array.of(0xff, 0xff, 0xff, 0xff, ...frame, 0, 0));
});

test("socket buffers: length, bytes by offset, checksums", () => {
  const text = `
    r6 = *(u32 *)(r1 + 0)
    r2 = 12
    r3 = r10
    r3 += -8
    r4 = 8
    call bpf_skb_load_bytes
    r7 = r0
    r1 = 0
    r2 = 0
    r3 = r10
    r3 += -8
    r4 = 8
    r5 = 0
    call bpf_csum_diff
    r0 += r6
    r0 += r7
    exit`;
  const { result } = testVm(text, [], { type: "sched_cls" }).run("main", { packet: frame });
  // 0x0f0e0d0c + 0x13121110, and the length.
  assert.equal(result, 0x2220_1e1cn + 20n);
});

import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import { test } from "node:test";
import { parseAddress, parsePrefix } from "./address.ts";
import {
  decodeAttributes,
  decodeMessages,
  encodeAttributes,
  encodeMessage,
  readNumber,
  readText,
  u16,
} from "./message.ts";

test("addresses and prefixes become bytes", () => {
  assert.deepEqual([...parseAddress("10.0.255.1")], [10, 0, 255, 1]);
  const rows: readonly (readonly [string, string])[] = [
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["fe80::", "fe800000000000000000000000000000"],
    ["2001:db8::8:800:200c:417a", "20010db80000000000080800200c417a"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["::ffff:129.144.52.38", "00000000000000000000ffff81903426"],
  ];
  for (const [text, want] of rows) {
    assert.ok(isIPv6(text));
    assert.equal(Buffer.from(parseAddress(text)).toString("hex"), want, text);
  }
  assert.deepEqual({ ...parsePrefix("10.1.0.0/16"), bytes: 0 }, { family: 2, length: 16, bytes: 0 });
  assert.equal(parsePrefix("::1").length, 128);
  for (const text of ["", "10.1", "10.0.0.0/33", "::1/-1", "10.0.0.0/x", "fe80::1%lo", "localhost"]) {
    assert.throws(() => parsePrefix(text), TypeError, text);
  }
});

test("attributes are padded, nested and read back", () => {
  const bytes = encodeAttributes([
    [1, "lo"],
    [2, undefined],
    [3, u16(0x1234)],
    [
      4,
      [
        [5, 7],
        [6, Uint8Array.of(9)],
      ],
    ],
  ]);
  // length 7 and type 1, "lo\0" and a byte of padding; length 6 and type 3, the number and two bytes; ...
  assert.equal(
    Buffer.from(bytes).toString("hex"),
    "070001006c6f000006000300341200001400048008000500070000000500060009000000",
  );
  const read = decodeAttributes(bytes);
  assert.equal(readText(read.get(1)), "lo");
  assert.equal(readNumber(read.get(3)), 0x1234);
  const nested = decodeAttributes(read.get(4) ?? new Uint8Array(0));
  assert.deepEqual([readNumber(nested.get(5)), readNumber(nested.get(6)), nested.get(2)], [7, 9, undefined]);
});

test("malformed answers end, by an error or without the rest", () => {
  const message = encodeMessage({ type: 16, flags: 5, sequence: 9, body: Uint8Array.of(1, 2, 3, 4) });
  assert.deepEqual(
    [...decodeMessages(message)],
    [{ type: 16, flags: 5, sequence: 9, body: Uint8Array.of(1, 2, 3, 4) }],
  );
  for (const length of [0, 15, message.length + 1]) {
    const broken = message.slice();
    new DataView(broken.buffer).setUint32(0, length, true);
    assert.throws(() => [...decodeMessages(broken)], RangeError);
  }
  for (const length of [0, 3, 200]) {
    assert.equal(decodeAttributes(Uint8Array.of(length, 0, 1, 0, 1, 2, 3, 4)).size, 0);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText } from "./json.ts";

test("integers that JSON numbers cannot hold are strings, bytes are hexadecimal", () => {
  const text = jsonText({
    big: 2n ** 64n - 1n,
    small: 5n,
    negative: -5n,
    bytes: new Uint8Array([1, 0xab]),
    at: new Date(0),
    none: undefined,
    list: [1, null, 'a"b'],
    not: NaN,
  });
  assert.deepEqual(JSON.parse(text), {
    big: "18446744073709551615",
    small: 5,
    negative: -5,
    bytes: "01ab",
    at: "1970-01-01T00:00:00.000Z",
    list: [1, null, 'a"b'],
    not: null,
  });
});

test("text that is no Unicode stays valid JSON", () => {
  assert.equal(JSON.parse(jsonText("a\udcffb\u0000")), "a\ufffdb\u0000");
});

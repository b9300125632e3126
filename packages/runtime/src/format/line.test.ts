import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field } from "@sonde/bpf/spec";
import { Bytes } from "../decode/bytes.ts";
import { fieldsDecoder } from "../decode/decoder.ts";
import { escapeTerminal } from "./escape.ts";
import { compileLine } from "./line.ts";
import { compilePrintf } from "./printf.ts";

const SIGNED: Field = { offset: 8, type: { kind: "int", size: 8, signed: true } };
const UNSIGNED: Field = { offset: 16, type: { kind: "int", size: 8, signed: false } };
const NAME: Field = { offset: 24, type: { kind: "string", size: 16 } };
const FIELDS = [SIGNED, UNSIGNED, NAME];

const FORMATS = [
  "%d %u %s\n",
  "[%-10d|%12x|%-20s]",
  "%8d%%%-8u:%20s",
  "%05d %llx %s",
  "%.3d %u %s",
  "é %hhd %hu %5s",
  "%+d %#x %s",
  "%u %d %s",
];
const NUMBERS = [
  0n,
  1n,
  -1n,
  9n,
  10n,
  99n,
  12345n,
  -4096n,
  4294967295n,
  4294967296n,
  9007199254740991n,
  9007199254740993n,
  -9223372036854775808n,
  9223372036854775807n,
];
const NAMES = [
  "",
  "dd",
  "a name",
  "fifteen letters",
  "sixteen letters!",
  "tab\tx",
  "esc\x1b[31m",
  "é",
  "\u{1f980}",
  "line\nend",
];

test("lines written as bytes are those that printf makes", () => {
  for (const format of FORMATS) {
    const line = compileLine(
      format,
      FIELDS.filter((_, i) => /%-?\d*s/.test(format) || i < 2),
    );
    assert.ok(line !== undefined, format);
    const printf = compilePrintf(format);
    const decode = fieldsDecoder(FIELDS);
    for (const number of NUMBERS) {
      for (const name of NAMES) {
        const record = new Bytes(new Uint8Array(40));
        record.view.setBigInt64(8, number, true);
        record.view.setBigUint64(16, BigInt.asUintN(64, number), true);
        record.buffer.write(name, 24, 16, "utf8");
        const want = printf(decode(record, 0), escapeTerminal, String);
        const out = Buffer.alloc(line.most + 3);
        const end = line.write(out, 1, record, 0);
        assert.equal(out.toString("utf8", 1, end), want, `${format} of ${number} and ${JSON.stringify(name)}`);
        assert.ok(end - 1 <= line.most);
      }
    }
  }
  assert.equal(compileLine("%c", [SIGNED]), undefined);
  assert.equal(compileLine("%s", [{ offset: 8, type: { kind: "bool", size: 1 } }]), undefined);
});

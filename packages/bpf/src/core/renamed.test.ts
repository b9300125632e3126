import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder } from "../btf/builder.ts";
import { read } from "../btf/testing.ts";
import { candidates } from "./find.ts";

function structs(...names: readonly string[]): BtfBuilder {
  const b = new BtfBuilder();
  for (const name of names) b.struct(name, 4, [{ name: "x", type: b.int("int", 4, "signed"), bitOffset: 0 }]);
  return b;
}

test("a record is found under the name that an older kernel has for it, its own name first", () => {
  const local = read(structs("trace_event_raw_block_rq_completion"));
  const id = local.find("trace_event_raw_block_rq_completion", "struct")[0]!;
  const older = read(structs("trace_event_raw_block_rq_complete"));
  assert.deepEqual(candidates(local, id, older), older.find("trace_event_raw_block_rq_complete", "struct"));
  const both = read(structs("trace_event_raw_block_rq_complete", "trace_event_raw_block_rq_completion"));
  assert.deepEqual(candidates(local, id, both), both.find("trace_event_raw_block_rq_completion", "struct"));
  assert.deepEqual(candidates(local, id, read(structs("trace_event_raw_block_rq"))), []);
});

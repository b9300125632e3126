import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { BtfReader } from "@sonde/bpf/btf";
import { kernelTest } from "../testing/kernel-test.ts";
import { AttachType, BpfCommand, MapTypeId, PerfSoftware, PerfType, ProgramTypeId, UpdateFlag } from "./constants.ts";

kernelTest("numbers are those that the running kernel's own types give", () => {
  const btf = new BtfReader(readFileSync("/sys/kernel/btf/vmlinux"));
  const tables = [
    { table: BpfCommand, holder: "bpf_cmd", prefix: "BPF_" },
    { table: MapTypeId, holder: "bpf_map_type", prefix: "BPF_MAP_TYPE_" },
    { table: ProgramTypeId, holder: "bpf_prog_type", prefix: "BPF_PROG_TYPE_" },
    { table: AttachType, holder: "bpf_attach_type", prefix: "BPF_" },
    { table: PerfType, holder: "perf_type_id", prefix: "PERF_TYPE_" },
    { table: PerfSoftware, holder: "perf_sw_ids", prefix: "PERF_COUNT_SW_" },
  ];
  for (const { table, holder, prefix } of tables) {
    const type = btf.type(btf.find(holder, "enum")[0]!);
    assert.ok(type.kind === "enum");
    const values = new Map(type.values.map(({ name, value }) => [name, Number(value)]));
    for (const [name, number] of Object.entries(table)) {
      const known = values.get(prefix + name.toUpperCase());
      // What a younger kernel brought is beyond the last value of this one.
      if (known === undefined) assert.ok(number >= values.size - 3, `${holder} ${name}`);
      else assert.equal(number, known, `${holder} ${name}`);
    }
  }
  assert.equal(UpdateFlag.EXIST, 2);
});

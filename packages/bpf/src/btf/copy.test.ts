import assert from "node:assert/strict";
import { test } from "node:test";
import { CoreKind } from "../asm/instruction.ts";
import { resolveRelocation } from "../core/resolve.ts";
import type { Btf, TypeId } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { LocalTypes } from "./copy.ts";
import { findMember } from "./members.ts";
import { definition } from "./print.ts";
import { read } from "./testing.ts";

/** A kernel in small: what a program may read, and much that it does not. */
function kernel(): { btf: Btf; task: TypeId; atomic: TypeId; states: TypeId } {
  const b = new BtfBuilder();
  const int = b.int("int", 4, "signed");
  const entity = b.struct("sched_entity", 24, [
    { name: "load", type: int, bitOffset: 0 },
    { name: "vruntime", type: b.typedef("u64", b.int("unsigned long", 8, "unsigned")), bitOffset: 64 },
    { name: "unused", type: int, bitOffset: 128 },
  ]);
  const anonymous = b.union("", 8, [
    { name: "pid", type: int, bitOffset: 0 },
    { name: "tgid", type: int, bitOffset: 0 },
  ]);
  const task = b.struct("task", 200, [
    { name: "state", type: int, bitOffset: 0 },
    { name: "", type: anonymous, bitOffset: 64 },
    { name: "parent", type: b.ptr(b.fwd("task", false)), bitOffset: 128 },
    { name: "se", type: b.const(entity), bitOffset: 192 },
    { name: "queue", type: b.array(entity, 3), bitOffset: 384 },
  ]);
  const atomic = b.typedef("atomic_t", b.struct("", 4, [{ name: "counter", type: int, bitOffset: 0 }]));
  const states = b.enum("states", 4, false, [
    { name: "RUNNING", value: 0 },
    { name: "DEAD", value: 16 },
  ]);
  return { btf: read(b), task, atomic, states };
}

test("only what is used is copied, and every access leads back to the same place", () => {
  const { btf, task, atomic, states } = kernel();
  const types = new LocalTypes(btf);
  const paths = new Map(["parent", "tgid", "se.vruntime", "se"].map((name) => [name, findMember(btf, task, name)!]));
  for (const { path } of paths.values()) types.use(task, path);
  const inQueue = [4, 2, 1];
  types.use(task, inQueue);
  types.use(atomic, [0]);
  types.use(states, [1]);
  const builder = new BtfBuilder();
  const written = types.write(builder);
  const local = { task: written.typeId(task), atomic: written.typeId(atomic), states: written.typeId(states) };
  const copy = read(builder);

  assert.equal(
    definition(copy, local.task),
    `struct task {
	union {
		int tgid;
	};
	struct task *parent;
	struct sched_entity se;
	struct sched_entity queue[3];
};`,
  );
  for (const [name, { path, bitOffset }] of paths) {
    const relocation = { kind: CoreKind.FieldByteOffset, typeId: local.task, access: written.access(task, path) };
    assert.deepEqual(value(copy, relocation, btf), BigInt(bitOffset / 8), name);
    assert.deepEqual(value(copy, relocation, copy), BigInt(bitOffset / 8), `${name} in the copy itself`);
  }
  assert.equal(
    value(copy, { kind: CoreKind.FieldByteOffset, typeId: local.task, access: written.access(task, inQueue) }, btf),
    48n + 2n * 24n + 8n,
  );
  assert.equal(
    value(copy, { kind: CoreKind.FieldByteOffset, typeId: local.atomic, access: written.access(atomic, [0]) }, btf),
    0n,
  );
  assert.equal(
    value(copy, { kind: CoreKind.EnumValue, typeId: local.states, access: written.enumerator(states, 1) }, btf),
    16n,
  );
  assert.throws(() => written.access(task, [0]), /entry 0 of BTF type \d+ \(struct\) was not noted as used/);
});

function value(
  local: Btf,
  relocation: { kind: CoreKind; typeId: number; access: string },
  target: Btf,
): bigint | undefined {
  const resolution = resolveRelocation(local, relocation, target);
  return resolution.kind === "value" ? resolution.value : undefined;
}

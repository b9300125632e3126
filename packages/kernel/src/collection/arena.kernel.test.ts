/** Arenas: variables that clang puts there, shared by a program and by us, pointers included. */
import assert from "node:assert/strict";
import { readObject, writeObject } from "@sonde/bpf/elf";
import { openKernel } from "../sys/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { openObject } from "./editor.ts";
import { loadCollection } from "./load.ts";
import { kernelTypes, objectSpec } from "./testing/objects.ts";

const kernel = openKernel();
const vmlinux = kernelTypes();

interface Variables {
  calls: bigint;
  sum: bigint;
  nodes: { value: bigint; next: bigint }[];
}

kernelTest("variables of an arena are the program's and ours", { needs: ["arena"] }, () => {
  const object = openObject(objectSpec("arena"));
  object.globals<Variables>("arena").calls = 99n;
  using collection = loadCollection(kernel, object.spec(), { vmlinux });
  const variables = collection.globals<Variables>("arena");
  const walk = (): bigint => {
    collection.program("walk").testRun();
    return variables.sum;
  };
  assert.equal(walk(), 23n);
  assert.equal(variables.calls, 100n);

  const { head } = collection.globals<{ head: bigint }>("bss");
  const [first, second, third] = variables.nodes;
  assert.deepEqual([first?.next, second?.next, third?.next], [head + 16n, head + 32n, 0n]);

  // The list goes on in memory that only we have written to, at an address of ours.
  const page = 4096;
  const added = head - BigInt(nodesAt(object.spec())) + BigInt(page);
  const memory = new DataView(collection.map("arena").memory());
  memory.setBigUint64(page, 100n, true);
  variables.nodes = [first!, second!, { value: third!.value, next: added }];
  assert.equal(walk(), 123n);
});

/** Where `nodes` is in the arena, which `head` points to. */
function nodesAt(spec: ReturnType<typeof objectSpec>): number {
  // 5, the first node's value, is nowhere else.
  const { data = new Uint8Array(0) } = spec.maps.find(({ name }) => name === "arena") ?? {};
  return data.indexOf(5);
}

kernelTest("an object with an arena that we wrote does the same", { needs: ["arena"] }, () => {
  const written = readObject(writeObject(objectSpec("arena")), { name: "arena" });
  using collection = loadCollection(kernel, written, { vmlinux });
  collection.program("walk").testRun();
  const { calls, sum } = collection.globals<Variables>("arena");
  assert.deepEqual({ calls, sum }, { calls: 42n, sum: 23n });
});

kernelTest("an arena that is too small for its variables is refused", { needs: ["arena"] }, () => {
  const object = openObject(objectSpec("arena"));
  object.map("arena").maxEntries = 1;
  object.map("arena").data = new Uint8Array(5000);
  assert.throws(
    () => loadCollection(kernel, object.spec(), { vmlinux }),
    /map 'arena' \(arena\) has 4096 bytes, and its variables take 5000/,
  );
});

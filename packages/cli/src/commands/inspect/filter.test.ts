import assert from "node:assert/strict";
import { test } from "node:test";
import { type Filter, filtered } from "./filter.ts";
import type { LinkView, MapView, ProgramView, Snapshot } from "./model.ts";

const held = (...pids: readonly number[]) => ({ processes: pids.map((pid) => ({ pid, comm: "p" })), pins: [] });
const program = (id: number, type: string, name: string, mapIds: readonly number[], pid: number) =>
  ({ id, type, name, mapIds, ...held(pid) }) as unknown as ProgramView;
const map = (id: number, type: string, name: string, pid: number) =>
  ({ id, type, name, ...held(pid) }) as unknown as MapView;
const link = (id: number, kind: string, programId: number, programName: string, pid: number) =>
  ({ id, kind, programId, programName, ...held(pid) }) as unknown as LinkView;

const snapshot: Snapshot = {
  programs: [program(1, "tracepoint", "opens", [10], 100), program(2, "xdp", "drops", [11], 200)],
  maps: [map(10, "hash", "files", 100), map(11, "array", "rules", 300), map(12, "ringbuf", "events", 300)],
  links: [link(20, "perf_event", 1, "opens", 100), link(21, "xdp", 2, "drops", 200)],
};

const cases: readonly (readonly [
  filter: Filter,
  programs: readonly number[],
  maps: readonly number[],
  links: readonly number[],
])[] = [
  [{}, [1, 2], [10, 11, 12], [20, 21]],
  [{ pid: 100 }, [1], [10], [20]],
  [{ pid: 300 }, [], [11, 12], []],
  [{ type: "xdp" }, [2], [11], [21]],
  [{ type: "*a*" }, [1], [10, 11], [20]],
  [{ name: "ope" }, [1], [10], [20]],
  [{ name: "e*" }, [], [12], []],
  [{ name: "opens", pid: 200 }, [], [], []],
];
for (const [filter, programs, maps, links] of cases) {
  test(`keeps what fits ${JSON.stringify(filter)}`, () => {
    const ids = (objects: readonly { readonly id: number }[]): readonly number[] => objects.map(({ id }) => id);
    const found = filtered(snapshot, filter);
    assert.deepEqual([ids(found.programs), ids(found.maps), ids(found.links)], [programs, maps, links]);
  });
}

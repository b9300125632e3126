/**
 * Counters that count events of a perf buffer. Nobody needs the events themselves, so nobody is sent any: the
 * call that would send one is replaced by a function that counts it in the kernel, under the event's bytes as
 * the key, in a map that takes the buffer's place. No event is lost, none wakes anybody up, and the counts
 * outlive this process like any other map's.
 */
import { assemble, helperId, type Instruction } from "@sonde/bpf/asm";
import type { MapSpec, ObjectSpec } from "@sonde/bpf/spec";
import { callsHelper, replaceCalls } from "@sonde/runtime/rewrite";

export class PerfEventError extends Error {
  override readonly name = "PerfEventError";
}

/** Different events that are counted at a time. */
const MOST_EVENTS = 10_240;
const HELPER = helperId("perf_event_output");

/** @param keySize bytes of an event that are its key. Errors: PerfEventError where the object does not do so. */
export function countPerfEvents(spec: ObjectSpec, map: string, keySize: number): ObjectSpec {
  const found = spec.maps.find(({ name }) => name === map);
  if (found?.type !== "perf_event_array") {
    const is = found === undefined ? "not there" : `of type ${found.type}`;
    throw new PerfEventError(`map ${map} is ${is}, and should be a perf_event_array`);
  }
  const name = `sonde_count_${map}`;
  const changed = replaceCalls(spec, {
    name,
    params: ["ctx", "map", "flags", "data", "size"],
    code: countingCode(map, keySize, name),
    replaces: (instructions, index) => sendsTo(instructions, index, map),
  });
  if (changed === spec) throw new PerfEventError(`no program sends events to map ${map}`);
  const { maxEntries: _, ...rest } = found;
  const counts: MapSpec = {
    ...rest,
    type: "lru_hash",
    keySize,
    valueSize: 8,
    maxEntries: MOST_EVENTS,
    keyTypeId: 0,
    valueTypeId: 0,
  };
  return { ...changed, maps: changed.maps.map((each) => (each === found ? counts : each)) };
}

/** A call of the helper whose second argument was last set to this map. */
function sendsTo(instructions: readonly Instruction[], index: number, map: string): boolean {
  if (!callsHelper(instructions[index]!, HELPER)) return false;
  const set = instructions.slice(0, index).findLast(({ dst, ref }) => ref?.kind === "map" && dst === 2);
  return set?.ref?.kind === "map" && set.ref.map === map;
}

/** (ctx, map, flags, data, size): only the data matters. Answers 0, as if it had been sent. */
function countingCode(map: string, keySize: number, label: string): Instruction[] {
  const words = Math.ceil(keySize / 8);
  const room = words * 8 + 8;
  // Copied: where the event lies, the verifier may not know of as many bytes as the key has.
  return assemble(`
    ${label}:
      r6 = r4
      r1 = 0
      ${Array.from({ length: words }, (_, i) => `*(u64 *)(r10 - ${room - 8 * i}) = r1`).join("\n")}
      r1 = r10
      r1 += -${room}
      r2 = ${keySize}
      r3 = r6
      call bpf_probe_read_kernel
      r1 = map[${map}] ll
      r2 = r10
      r2 += -${room}
      call bpf_map_lookup_elem
      if r0 == 0 goto ${label}$first
      r1 = 1
      lock *(u64 *)(r0 + 0) += r1
      r0 = 0
      exit
    ${label}$first:
      r1 = 1
      *(u64 *)(r10 - 8) = r1
      r1 = map[${map}] ll
      r2 = r10
      r2 += -${room}
      r3 = r10
      r3 += -8
      r4 = 1
      call bpf_map_update_elem
      if r0 == 0 goto ${label}$done
      r1 = map[${map}] ll
      r2 = r10
      r2 += -${room}
      call bpf_map_lookup_elem
      if r0 == 0 goto ${label}$done
      r1 = 1
      lock *(u64 *)(r0 + 0) += r1
    ${label}$done:
      r0 = 0
      exit`);
}

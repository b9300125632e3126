/** bpf_map_*, bpf_for_each_map_elem, bpf_tail_call. */
import { Errno } from "../errno.ts";
import { Trap } from "../fault.ts";
import { KeyedMap } from "../maps/keyed-map.ts";
import { VmMap } from "../maps/map.ts";
import { ProgramMap } from "../maps/program-map.ts";
import { BloomMap, QueueMap } from "../maps/queue-map.ts";
import type { HelperCall, HelperTable } from "./call.ts";

/** A map's key, copied: an update may move what it lies in. */
function key(call: HelperCall, map: KeyedMap): Uint8Array {
  return call.bytes(2, map.spec.keySize).slice();
}

/** The value of a queue into the memory of R2. */
function give(call: HelperCall, map: QueueMap, value: Uint8Array | undefined): number {
  const output = call.output(2, map.spec.valueSize);
  if (value === undefined) {
    output.fill(0);
    return -Errno.ENOENT;
  }
  output.set(value);
  return 0;
}

export const mapHelpers: HelperTable = {
  map_lookup_elem: (call) => {
    const map = call.map(1, KeyedMap);
    return map.lookup(key(call, map), call.cpu);
  },
  map_lookup_percpu_elem: (call) => {
    const map = call.map(1, KeyedMap);
    const cpu = call.uint(3);
    return cpu < call.cpus ? map.lookup(key(call, map), cpu) : 0n;
  },
  map_update_elem: (call) => {
    const map = call.map(1, KeyedMap);
    const value = call.bytes(3, map.spec.valueSize).slice();
    return map.update(key(call, map), value, Number(call.argument(4)), call.cpu);
  },
  map_delete_elem: (call) => {
    const map = call.map(1, KeyedMap);
    return map.remove(key(call, map));
  },
  map_push_elem: (call) => {
    const map = call.map(1, VmMap);
    const value = call.bytes(2, map.spec.valueSize);
    return (map instanceof BloomMap ? map : call.map(1, QueueMap)).push(value, Number(call.argument(3)));
  },
  map_pop_elem: (call) => {
    const map = call.map(1, QueueMap);
    return give(call, map, map.pop());
  },
  map_peek_elem: (call) => {
    const map = call.map(1, VmMap);
    if (map instanceof BloomMap) return map.has(call.bytes(2, map.spec.valueSize)) ? 0 : -Errno.ENOENT;
    const queue = call.map(1, QueueMap);
    return give(call, queue, queue.peek());
  },
  /** R2: callback of map, key, value and R3; it stops the walk by answering 1. */
  for_each_map_elem: (call) => {
    const map = call.map(1, KeyedMap);
    const [mapAddress, callback, context] = [call.argument(1), call.argument(2), call.argument(3)];
    if (call.argument(4) !== 0n) return -Errno.EINVAL;
    let visited = 0;
    for (const bytes of map.keys()) {
      const value = map.lookup(bytes, call.cpu);
      if (value === 0n) continue;
      visited++;
      const region = call.memory.map({ name: `a key of map '${map.name}'`, writable: false, bytes });
      const stop = call.callback(callback, mapAddress, region.address, value, context);
      call.memory.unmap(region);
      if (stop !== 0n) break;
    }
    return visited;
  },
  /** One task at a time runs here: a lock is free unless the program holds it already. */
  spin_lock: (call) => {
    const lock = call.output(1, 4);
    if (lock[0] !== 0) throw new Trap("the lock is held already: this program would wait for ever");
    lock[0] = 1;
  },
  spin_unlock: (call) => {
    const lock = call.output(1, 4);
    if (lock[0] === 0) throw new Trap("the lock is not held");
    lock[0] = 0;
  },
  tail_call: (call) => {
    const program = call.map(2, ProgramMap).get(call.uint(3));
    return (program === undefined ? undefined : call.tailCall(program)) ?? -Errno.ENOENT;
  },
};

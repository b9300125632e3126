/** Entries of maps: looked up, inserted as zeros where there are none, changed in place. */
import type { Inst } from "../ir/index.ts";
import type { Frame } from "./frame.ts";
import { Helper, UpdateFlag } from "./helpers.ts";

/** Changes one value, of which `entry` is the address. */
export type Change = (entry: Inst) => void;

/** Looks the key up; the result may be null. */
export function lookUp(h: Frame, map: string, key: Inst): Inst {
  return h.builder.call(Helper.mapLookup, [h.builder.map(map), key]);
}

/**
 * Changes the entry of `key`, a new one of `size` zero bytes where there is none, or does `full` where
 * the map has no room for another. The change is built once: a new entry joins the way of the old ones.
 */
export function changeEntry(h: Frame, map: string, size: number, key: Inst, change: Change, full: () => void): void {
  const { builder } = h;
  const before = builder.current;
  const done = builder.block("changed");
  const entry = builder.variable("entry");
  const keep = (found: Inst): void => builder.write(entry, found);
  h.ifNonNull(lookUp(h, map, key), "mapValue", keep, () => {
    insertZeros(h, map, size, key);
    h.ifNonNull(lookUp(h, map, key), "mapValue", keep, () => {
      full();
      builder.jump(done);
    });
  });
  change(builder.read(entry));
  builder.jump(done);
  h.enter(done, before);
}

/** Inserts an entry of zeros unless there is one: another CPU may have been faster. */
function insertZeros(h: Frame, map: string, size: number, key: Inst): void {
  const { builder } = h;
  const flag = h.constant(UpdateFlag.noExist);
  builder.call(Helper.mapUpdate, [builder.map(map), key, zeros(h, size), flag]);
}

/** The address of so many zeros: a few on the stack, many in a map that nobody writes. */
function zeros(h: Frame, size: number): Inst {
  const { builder } = h;
  const bytes = (size + 7) & ~7;
  if (bytes > 16) return builder.mapValue(h.object.zeros(bytes), 0);
  const slot = builder.slot(bytes, "zeros");
  builder.zero(slot, 0, bytes);
  return slot;
}

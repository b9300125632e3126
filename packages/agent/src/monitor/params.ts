/** Parameters of a monitor that runs: global variables of its programs. */
import type { ParamView } from "@sonde/bpf/spec";
import type { BpfMap } from "@sonde/kernel/maps";
import { MapFlag } from "@sonde/kernel/sys";
import { encodeParam, type ParamValue } from "@sonde/runtime/params";

/** Writes a checked value into the section that holds it; programs see it from their next run on. */
export function writeParam(map: BpfMap, { offset, type }: ParamView, value: ParamValue): void {
  const bytes = encodeParam(type, value);
  if ((map.flags & MapFlag.MMAPABLE) !== 0) {
    new Uint8Array(map.memory(), offset, bytes.length).set(bytes);
    return;
  }
  const key = new Uint8Array(map.layout.keySize);
  const section = map.lookup(key);
  if (section === undefined) throw new Error(`${map.subject} has no value: it is no data section`);
  section.set(bytes, offset);
  map.update(key, section);
}

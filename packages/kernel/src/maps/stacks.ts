/** Stack traces that programs keep in a map of type stack_trace. */
import { UnwoundStack } from "@sonde/bpf/spec";
import { MapFlag } from "../sys/constants.ts";
import type { BpfMap } from "./map.ts";

/** A frame in a file, of maps made with BPF_F_STACK_BUILD_ID. */
export interface BuildIdFrame {
  /** 20 bytes of the file's build id; absent where it could not be found: then `address` is in memory. */
  readonly buildId?: Uint8Array;
  /** Bytes into the file. */
  readonly address: bigint;
}

/** The return addresses of a stack, the innermost first; undefined if the map does not hold it (any more). */
export function readStack(map: BpfMap, id: number): readonly bigint[] | undefined {
  if ((map.flags & MapFlag.STACK_BUILD_ID) !== 0)
    throw new TypeError(`${map.subject} holds build ids: read it by readBuildIdStack`);
  const view = readBytes(map, id);
  if (view === undefined) return undefined;
  const addresses: bigint[] = [];
  for (let at = 0; at + 8 <= view.byteLength; at += 8) {
    const address = view.getBigUint64(at, true);
    if (address === 0n) break;
    addresses.push(address);
  }
  return addresses;
}

/** The same of a stack that a program has unwound itself, which lies in a hash by its number. */
export function readUnwoundStack(map: BpfMap, id: number): readonly bigint[] | undefined {
  const value = map.lookup(new Uint8Array(BigUint64Array.of(BigInt(id)).buffer));
  if (value === undefined) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const count = view.getUint32(UnwoundStack.count, true);
  return Array.from({ length: count }, (_, i) => view.getBigUint64(UnwoundStack.frames + i * 8, true));
}

const FRAME = 32;
const EMPTY = 0;
const VALID = 1;

/**
 * {@link readStack} for maps made with BPF_F_STACK_BUILD_ID.
 *
 * struct bpf_stack_build_id: 0 status (s32)   4 build_id[20]   24 offset or ip (u64)
 */
export function readBuildIdStack(map: BpfMap, id: number): readonly BuildIdFrame[] | undefined {
  if ((map.flags & MapFlag.STACK_BUILD_ID) === 0)
    throw new TypeError(`${map.subject} was made without BPF_F_STACK_BUILD_ID: read it by readStack`);
  const view = readBytes(map, id);
  if (view === undefined) return undefined;
  const frames: BuildIdFrame[] = [];
  for (let at = 0; at + FRAME <= view.byteLength; at += FRAME) {
    const status = view.getInt32(at, true);
    if (status === EMPTY) break;
    const buildId = new Uint8Array(view.buffer, at + 4, 20);
    frames.push({ ...(status === VALID && { buildId }), address: view.getBigUint64(at + 24, true) });
  }
  return frames;
}

function readBytes(map: BpfMap, id: number): DataView | undefined {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, id, true);
  const value = map.lookup(key);
  return value && new DataView(value.buffer, value.byteOffset, value.length);
}

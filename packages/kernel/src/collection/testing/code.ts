/** For tests: a loaded program's instructions as the kernel has them. */
import { type Kernel, Memory, objectById, objectInfo } from "../../sys/index.ts";

export interface KernelCode {
  /** The kernel's digest of the instructions as they were loaded, descriptors of maps left out. */
  readonly tag: string;
  /** After verification, as "opcode registers offset immediate"; maps by their names instead of their ids. */
  readonly instructions: readonly string[];
}

const LDDW = 0x18;
const MAP_FD = 1;
const MAP_VALUE = 2;

/** struct bpf_prog_info: 8 tag[8]   20 xlated_prog_len   32 xlated_prog_insns (u64). */
export function kernelCode(kernel: Kernel, fd: number): KernelCode {
  const info = objectInfo(kernel, fd, 232, "a program");
  const size = info.getUint32(20, true);
  const memory = new Memory(kernel, size);
  objectInfo(kernel, fd, 232, "a program", (request) => {
    request.setUint32(20, size, true);
    request.setBigUint64(32, BigInt(memory.address), true);
  });
  const tag = Buffer.from(info.buffer, 8, 8).toString("hex");
  return {
    tag,
    instructions: Array.from({ length: size / 8 }, (_, index) => instructionAt(kernel, memory.view, index * 8)),
  };
}

function instructionAt(kernel: Kernel, view: DataView, at: number): string {
  const opcode = view.getUint8(at);
  const source = view.getUint8(at + 1) >> 4;
  const immediate = view.getInt32(at + 4, true);
  const isMap = opcode === LDDW && (source === MAP_FD || source === MAP_VALUE);
  const value = isMap ? mapName(kernel, immediate) : String(immediate);
  return `${opcode.toString(16)} ${view.getUint8(at + 1).toString(16)} ${view.getInt16(at + 2, true)} ${value}`;
}

/** struct bpf_map_info: 24 name[16]. The kernel shows maps by their ids. Names of data sections differ between loaders before the dot. */
function mapName(kernel: Kernel, id: number): string {
  using fd = objectById(kernel, "map", id);
  if (fd === undefined) return `map ${id}`;
  const info = objectInfo(kernel, fd.fd, 40, `map ${id}`);
  const name = Buffer.from(info.buffer, 24, 16).toString("latin1").replace(/\0.*$/s, "");
  return `map ${name.replace(/^[^.]*\./, ".")}`;
}

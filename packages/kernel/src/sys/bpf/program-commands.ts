/** bpf(2) commands on programs. */
import type { Attr } from "../attr.ts";
import { BpfCommand } from "../constants.ts";
import { checked } from "../errors.ts";
import { FileDescriptor } from "../file-descriptor.ts";
import type { Kernel } from "../kernel.ts";
import type { Memory } from "../memory.ts";

export interface ProgramLoadRequest {
  /** A number of {@link ProgramTypeId}. */
  readonly type: number;
  /** Encoded, eight bytes each. */
  readonly instructions: Uint8Array;
  readonly license: string;
  readonly name: string;
  /** Bits of {@link ProgramFlag}. */
  readonly flags?: number;
  /** A number of {@link AttachType}; 0 where the type has only one. */
  readonly expectedAttachType?: number;
  /** BTF id of the kernel function or tracepoint that a tracing program is for. */
  readonly attachBtfId?: number;
  /** The module's BTF, or the program, that `attachBtfId` is of; absent for vmlinux. */
  readonly attachFd?: number;
  /** LINUX_VERSION_CODE that the program is for; ignored since 5.0. */
  readonly kernelVersion?: number;
  /** What instructions refer to by index: BTF of modules from index 1 (5.14). */
  readonly descriptors?: readonly number[];
  /** The object's BTF with function and line records of 8 and 16 bytes. */
  readonly btf?: { readonly fd: number; readonly functions: Uint8Array; readonly lines: Uint8Array };
  /** Where the verifier writes; `level` as in BPF_LOG_LEVEL: 1 the log, 2 more of it, 4 statistics. */
  readonly log?: { readonly level: number; readonly buffer: Memory };
}

/** Bytes of struct bpf_func_info and struct bpf_line_info. */
export const FUNC_INFO_SIZE = 8;
export const LINE_INFO_SIZE = 16;

/**
 * Fills `attr` (reset to 128 bytes) for BPF_PROG_LOAD.
 *
 *       0 prog_type        4 insn_cnt          8 insns (u64)    16 license (u64)
 *      24 log_level       28 log_size         32 log_buf (u64)
 *      40 kern_version    44 prog_flags       48 prog_name[16]
 *      64 ifindex         68 expected_attach  72 prog_btf_fd
 *      76 func_rec_size   80 func_info (u64)  88 func_info_cnt
 *      92 line_rec_size   96 line_info (u64) 104 line_info_cnt
 *     108 attach_btf_id  112 attach_btf_obj_fd or attach_prog_fd
 *     120 fd_array (u64)
 */
export function programLoadAttr(attr: Attr, request: ProgramLoadRequest): Attr {
  attr.reset(128);
  attr.u32(0, request.type);
  attr.u32(4, request.instructions.length / 8);
  attr.pointer(8, request.instructions);
  attr.path(16, request.license);
  if (request.log !== undefined) {
    attr.u32(24, request.log.level);
    attr.u32(28, request.log.buffer.bytes.length);
    attr.u64(32, request.log.buffer.address);
  }
  attr.u32(40, request.kernelVersion ?? 0);
  attr.u32(44, request.flags ?? 0);
  attr.name(48, request.name);
  attr.u32(68, request.expectedAttachType ?? 0);
  if (request.btf !== undefined) {
    attr.u32(72, request.btf.fd);
    attr.u32(76, FUNC_INFO_SIZE);
    attr.pointer(80, request.btf.functions);
    attr.u32(88, request.btf.functions.length / FUNC_INFO_SIZE);
    attr.u32(92, LINE_INFO_SIZE);
    attr.pointer(96, request.btf.lines);
    attr.u32(104, request.btf.lines.length / LINE_INFO_SIZE);
  }
  attr.u32(108, request.attachBtfId ?? 0);
  attr.u32(112, request.attachFd ?? 0);
  if (request.descriptors !== undefined) attr.pointer(120, new Uint8Array(Int32Array.from(request.descriptors).buffer));
  return attr;
}

export interface TestRunRequest {
  /** What the program gets as its context: for raw tracepoints an array of u64 arguments, else the struct of its type. */
  readonly context?: Uint8Array;
  /** A packet, for program types that take one. */
  readonly data?: Uint8Array;
  /** Room for the packet as the program leaves it, in bytes; as many as `data` has if absent, and 256 more. */
  readonly dataRoom?: number;
  /** How often to run it; not for raw tracepoints. */
  readonly repeat?: number;
  /** XDP: packets go where the program sends them (5.18). No data comes back. */
  readonly liveFrames?: boolean;
  /** Of live frames: how many are made at once. */
  readonly batchSize?: number;
  /** On which CPU; raw tracepoints only (5.10). */
  readonly cpu?: number;
  /** Other BPF_F_TEST_* bits. */
  readonly flags?: number;
}

export interface TestRunResult {
  /** What the program returned. */
  readonly returned: number;
  /** Mean nanoseconds of one run; 0 for raw tracepoints. */
  readonly nanoseconds: number;
  /** The packet as the program left it; empty for types that have none. */
  readonly data: Uint8Array;
  /** The context as the program left it; empty where none was given. */
  readonly context: Uint8Array;
}

/** BPF_F_TEST_RUN_ON_CPU and BPF_F_TEST_XDP_LIVE_FRAMES. */
const RUN_ON_CPU = 1;
const LIVE_FRAMES = 2;
/** As much as a program can put before and behind the packet, without growing it on purpose. */
const DATA_GROWTH = 256;

/**
 * BPF_PROG_TEST_RUN. Errors: KernelError: ENOTSUPP for types that cannot be run by hand, ENOSPC for a
 * packet that left no room, EINVAL for what its type or this kernel does not take.
 *
 *      0 prog_fd         4 retval          8 data_size_in   12 data_size_out
 *     16 data_in (u64)  24 data_out (u64) 32 repeat         36 duration
 *     40 ctx_size_in    44 ctx_size_out   48 ctx_in (u64)   56 ctx_out (u64)
 *     64 flags          68 cpu            72 batch_size
 */
export function programTestRun(
  kernel: Kernel,
  fd: number,
  subject: string,
  request: TestRunRequest = {},
): TestRunResult {
  const { context, data, liveFrames = false, cpu } = request;
  const attr = kernel.attr(80);
  attr.u32(0, fd);
  attr.u32(8, data?.length ?? 0);
  attr.pointer(16, data);
  const room = data === undefined || liveFrames ? 0 : (request.dataRoom ?? data.length + DATA_GROWTH);
  attr.u32(12, room);
  const dataOut = room === 0 ? new Uint8Array(0) : attr.output(24, room);
  attr.u32(32, request.repeat ?? 0);
  attr.u32(40, context?.length ?? 0);
  const contextIn = context === undefined ? new Uint8Array(0) : attr.output(48, context.length);
  if (context !== undefined) contextIn.set(context);
  // Where there is no packet the context is written back to where it was read, if at all.
  const contextRoom = data === undefined || liveFrames ? 0 : (context?.length ?? 0);
  attr.u32(44, contextRoom);
  const contextOut = contextRoom === 0 ? new Uint8Array(0) : attr.output(56, contextRoom);
  attr.u32(64, (request.flags ?? 0) | (cpu === undefined ? 0 : RUN_ON_CPU) | (liveFrames ? LIVE_FRAMES : 0));
  attr.u32(68, cpu ?? 0);
  attr.u32(72, request.batchSize ?? 0);
  checked(kernel.bpf(BpfCommand.PROG_TEST_RUN, attr), "BPF_PROG_TEST_RUN", subject);
  return {
    returned: attr.readU32(4),
    nanoseconds: attr.readU32(36),
    data: dataOut.slice(0, attr.readU32(12)),
    context: contextRoom === 0 ? contextIn.slice() : contextOut.slice(0, attr.readU32(44)),
  };
}

/** BPF_ENABLE_STATS: run_time_ns and run_cnt of all programs count for as long as the descriptor is open (some 80 ns a run). */
export function enableStatistics(kernel: Kernel): FileDescriptor {
  const attr = kernel.attr(4);
  attr.u32(0, 0); // BPF_STATS_RUN_TIME
  return new FileDescriptor(checked(kernel.bpf(BpfCommand.ENABLE_STATS, attr), "BPF_ENABLE_STATS", "run times"));
}

/** Links for many functions at once: kprobe.multi, uprobe.multi and their sessions. */
import { readFileSync } from "node:fs";
import type { AttachTarget, ProbeMoment } from "@sonde/bpf/spec";
import { attachTypeId } from "../programs/attach-type.ts";
import { functionsOf, symbolOffset } from "../symbols/functions.ts";
import { resolveBinary } from "../symbols/library.ts";
import {
  type Attr,
  Errno,
  type FileDescriptor,
  type Kernel,
  KernelError,
  UnsupportedFeatureError,
  linkCreate,
} from "../sys/index.ts";
import { isPattern, patternSource } from "../tracefs/pattern.ts";
import { describeTarget } from "./describe.ts";
import { Link } from "./link.ts";
import type { AttachOptions, MultiFunction } from "./options.ts";

type Of<Kind extends AttachTarget["kind"]> = Extract<AttachTarget, { kind: Kind }>;

/** BPF_F_KPROBE_MULTI_RETURN, BPF_F_UPROBE_MULTI_RETURN. */
const RETURN = 1;

/**
 * BPF_LINK_CREATE, from byte 16: flags   20 cnt   24 syms (u64)   32 addrs (u64)   40 cookies (u64).
 * Functions are all given by name or all by address.
 */
export function attachKprobeMulti(
  kernel: Kernel,
  programFd: number,
  target: Of<"kprobeMulti">,
  options: AttachOptions,
  tracefs: () => string | undefined,
): Link {
  const subject = describeTarget(target);
  const functions = options.functions ?? kernelFunctions(target, tracefs, subject);
  const byName = functions.every(({ at }) => typeof at === "string");
  if (!byName && functions.some(({ at }) => typeof at === "string")) {
    throw new TypeError(`${subject}: functions are given either all by name or all by address`);
  }
  const extra = (attr: Attr): void => {
    attr.u32(16, flagsOf(target.on));
    attr.u32(20, functions.length);
    if (byName) attr.pointer(24, words(functions.map(({ at }) => BigInt(attr.string(at as string)))));
    else attr.pointer(32, words(functions.map(({ at }) => at as bigint)));
    writeCookies(attr, 40, functions, options.cookie);
  };
  const session = target.on === "session";
  const attachType = attachTypeId(session ? "trace_kprobe_session" : "trace_kprobe_multi");
  const feature = session ? { name: "kprobe.session", since: "6.10" } : { name: "kprobe.multi", since: "5.18" };
  return multiLink(kernel, { programFd, target: 0, attachType, extra }, subject, "kprobe multi link", feature);
}

/**
 * BPF_LINK_CREATE, from byte 16: path (u64)   24 offsets (u64)   32 ref_ctr_offsets (u64)   40 cookies (u64)
 * 48 cnt   52 flags   56 pid.
 */
export function attachUprobeMulti(
  kernel: Kernel,
  programFd: number,
  target: Of<"uprobeMulti">,
  options: AttachOptions,
): Link {
  const subject = describeTarget(target);
  const path = resolveBinary(target.path);
  if (path === undefined) throw absent(subject, `There is no program or library ${target.path}.`);
  const functions = options.functions ?? functionsOf(path, target.pattern).map((at): MultiFunction => ({ at }));
  if (functions.length === 0)
    throw absent(
      subject,
      `${path} defines no function that matches ${target.pattern}: list them with \`sonde list 'uprobe:${path}:*'\`.`,
    );
  const offsets = functions.map(({ at }) => (typeof at === "bigint" ? at : offsetOf(path, at, subject)));
  const extra = (attr: Attr): void => {
    attr.path(16, path);
    attr.pointer(24, words(offsets));
    if (functions.some(({ refCounterOffset }) => refCounterOffset !== undefined)) {
      attr.pointer(32, words(functions.map(({ refCounterOffset }) => BigInt(refCounterOffset ?? 0))));
    }
    writeCookies(attr, 40, functions, options.cookie);
    attr.u32(48, functions.length);
    attr.u32(52, flagsOf(target.on));
    attr.u32(56, options.pid ?? 0);
  };
  const session = target.on === "session";
  const attachType = attachTypeId(session ? "trace_uprobe_session" : "trace_uprobe_multi");
  const feature = session ? { name: "uprobe.session", since: "6.13" } : { name: "uprobe.multi", since: "6.6" };
  return multiLink(kernel, { programFd, target: 0, attachType, extra }, subject, "uprobe multi link", feature);
}

function multiLink(
  kernel: Kernel,
  request: Parameters<typeof linkCreate>[1],
  subject: string,
  road: string,
  feature: { readonly name: string; readonly since: string },
): Link {
  let fd: FileDescriptor;
  try {
    fd = linkCreate(kernel, request, subject);
  } catch (error) {
    if (!(error instanceof KernelError) || (error.errno !== Errno.EINVAL && error.errno !== Errno.EOPNOTSUPP))
      throw error;
    // EINVAL is also the answer to wrong arguments; a kernel that has such links answers it for an address that is no function.
    if (error.errno === Errno.EINVAL && isKnown(kernel, request)) throw error;
    throw new UnsupportedFeatureError(feature.name, feature.since, `BPF_LINK_CREATE answers ${error.code}`, {
      cause: error,
    });
  }
  return new Link(kernel, subject, road, [{ program: fd }]);
}

/** Whether the kernel knows the kind of link: of no functions it then says something about them, not about the kind. */
function isKnown(kernel: Kernel, { attachType }: { readonly attachType: number }): boolean {
  const badDescriptor = 0x7fff_ffff;
  try {
    linkCreate(kernel, { programFd: badDescriptor, target: 0, attachType }, "a trial").close();
    return true;
  } catch (error) {
    // The kind is looked at before the descriptor.
    return error instanceof KernelError && error.errno === Errno.EBADF;
  }
}

function flagsOf(on: ProbeMoment): number {
  return on === "return" ? RETURN : 0;
}

function writeCookies(attr: Attr, at: number, functions: readonly MultiFunction[], common: bigint | undefined): void {
  if (common === undefined && functions.every(({ cookie }) => cookie === undefined)) return;
  attr.pointer(at, words(functions.map(({ cookie }) => cookie ?? common ?? 0n)));
}

function words(values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

/** One name stays a name. Of a pattern the addresses are given, since names need not be unique. */
function kernelFunctions(
  { pattern }: Of<"kprobeMulti">,
  tracefs: () => string | undefined,
  subject: string,
): MultiFunction[] {
  if (!isPattern(pattern)) return [{ at: pattern }];
  const traceable = traceableNames(pattern, tracefs());
  const line = new RegExp(`^([0-9a-f]+) [tT] (${patternSource(pattern, "[^\\s]")})(?:\\t.*)?$`, "gm");
  const found = new Set<bigint>();
  for (const [, address = "0", name = ""] of readFileSync("/proc/kallsyms", "latin1").matchAll(line)) {
    if (traceable === undefined || traceable.has(name)) found.add(BigInt(`0x${address}`));
  }
  found.delete(0n);
  if (found.size === 0)
    throw absent(
      subject,
      `No function that can be probed matches ${pattern}, or /proc/kallsyms hides addresses (kernel.kptr_restrict).`,
    );
  return Array.from(found, (at) => ({ at }));
}

/** Undefined where the kernel keeps the list to itself: then it refuses those that cannot be traced. */
function traceableNames(pattern: string, tracefs: string | undefined): Set<string> | undefined {
  let text: string;
  try {
    text = readFileSync(`${tracefs ?? "/sys/kernel/tracing"}/available_filter_functions`, "latin1");
  } catch {
    return undefined;
  }
  const line = new RegExp(`^(${patternSource(pattern, "[^\\s]")})(?: \\[\\S+\\])?$`, "gm");
  return new Set(Array.from(text.matchAll(line), ([, name = ""]) => name));
}

function offsetOf(path: string, name: string, subject: string): bigint {
  const offset = symbolOffset(path, name);
  if (offset === undefined) throw absent(subject, `${path} defines no function ${name}.`);
  return BigInt(offset);
}

function absent(subject: string, advice: string): KernelError {
  return new KernelError({ call: "BPF_LINK_CREATE", subject, errno: Errno.ENOENT, advice });
}

/** Ways to attach: each is loaded and attached for a moment, to something that exists everywhere. */
import type { AttachTarget } from "@sonde/bpf/spec";
import { Attacher } from "../links/attacher.ts";
import { AttachType, type Attr, type FileDescriptor, ProgramTypeId, linkCreate } from "../sys/index.ts";
import { ElfFile } from "../symbols/elf.ts";
import { resolveBinary } from "../symbols/library.ts";
import { type Feature, type ProbeContext, type Verdict, no } from "./feature.ts";
import { type TrialRequest, attaches } from "./trial.ts";

/** Every kernel has it, it can be probed, and it runs once in a machine's life. */
const FUNCTION = "kernel_restart";
/** A rare event. */
const EVENT = { category: "sched", name: "sched_process_hang" };
const HOOK = "bpf_lsm_quota_on";

export function attachmentFeatures(): readonly Feature[] {
  return [
    { name: "tracepoint", since: "4.7", probe: (c) => at(c, "tracepoint", { kind: "tracepoint", ...EVENT }) },
    {
      name: "raw tracepoint",
      since: "4.17",
      probe: (c) => at(c, "raw_tracepoint", { kind: "rawTracepoint", name: EVENT.name }),
    },
    { name: "BTF tracepoint", since: "5.5", probe: btfTracepoint },
    { name: "kprobe", since: "4.1", probe: (c) => kprobe(c, false) },
    { name: "kretprobe", since: "4.1", probe: (c) => kprobe(c, true) },
    { name: "kprobe.multi", since: "5.18", probe: (c) => kprobeMulti(c, AttachType.TRACE_KPROBE_MULTI) },
    { name: "kprobe.session", since: "6.10", probe: (c) => kprobeMulti(c, AttachType.TRACE_KPROBE_SESSION) },
    { name: "fentry", since: "5.5", probe: fentry },
    {
      name: "fexit",
      since: "5.5",
      probe: (c) => trampoline(c, FUNCTION, AttachType.TRACE_FEXIT, ProgramTypeId.tracing),
    },
    {
      name: "fmod_ret",
      since: "5.7",
      probe: (c) => trampoline(c, "security_quota_on", AttachType.MODIFY_RETURN, ProgramTypeId.tracing),
    },
    { name: "uprobe", since: "4.1", probe: uprobe },
    { name: "uprobe.multi", since: "6.6", probe: (c) => uprobeMulti(c, AttachType.TRACE_UPROBE_MULTI) },
    { name: "uprobe.session", since: "6.13", probe: (c) => uprobeMulti(c, AttachType.TRACE_UPROBE_SESSION) },
    {
      name: "perf event",
      since: "4.9",
      probe: (c) => at(c, "perf_event", { kind: "perfEvent", event: "cpu-clock", period: 1e9, cpus: "one" }),
    },
    { name: "perf event link", since: "5.15", probe: perfEventLink },
    { name: "LSM", since: "5.7", probe: (c) => trampoline(c, HOOK, AttachType.LSM_MAC, ProgramTypeId.lsm) },
    { name: "iterator", since: "5.8", probe: iterator },
  ];
}

export function kprobe({ kernel }: ProbeContext, onReturn: boolean): Verdict {
  return at({ kernel }, "kprobe", { kind: "kprobe", symbol: FUNCTION, onReturn });
}

export function fentry(context: ProbeContext): Verdict {
  return trampoline(context, FUNCTION, AttachType.TRACE_FENTRY, ProgramTypeId.tracing);
}

function at({ kernel }: Pick<ProbeContext, "kernel">, type: keyof typeof ProgramTypeId, target: AttachTarget): Verdict {
  return attaches(kernel, { type: ProgramTypeId[type] }, (program) => new Attacher(kernel).attach(program, target));
}

function btfTracepoint({ kernel, btf }: ProbeContext): Verdict {
  const attachBtfId = btf()?.find(`btf_trace_${EVENT.name}`, "typedef")[0];
  if (attachBtfId === undefined) return no("the kernel's BTF has no tracepoints");
  const request = { type: ProgramTypeId.tracing, expectedAttachType: AttachType.TRACE_RAW_TP, attachBtfId };
  return attaches(kernel, request, (program) =>
    new Attacher(kernel).attach(program, { kind: "btfTracepoint", name: EVENT.name }),
  );
}

function trampoline({ kernel, btf }: ProbeContext, name: string, expectedAttachType: number, type: number): Verdict {
  const attachBtfId = btf()?.find(name, "func")[0];
  if (attachBtfId === undefined) return no(`the kernel's BTF has no function ${name}`);
  const target: AttachTarget = {
    kind: "fentry",
    function: name,
    onReturn: expectedAttachType === AttachType.TRACE_FEXIT,
  };
  return attaches(kernel, { type, expectedAttachType, attachBtfId }, (program) =>
    new Attacher(kernel).attach(program, target),
  );
}

function iterator({ kernel, btf }: ProbeContext): Verdict {
  const attachBtfId = btf()?.find("bpf_iter_task", "func")[0];
  if (attachBtfId === undefined) return no("the kernel's BTF has no iterators");
  return linked({ kernel }, { type: ProgramTypeId.tracing, expectedAttachType: AttachType.TRACE_ITER, attachBtfId });
}

/** struct { u32 flags; u32 cnt; u64 syms, addrs, cookies } from byte 16. */
export function kprobeMulti({ kernel }: ProbeContext, expectedAttachType: number): Verdict {
  return linked({ kernel }, { type: ProgramTypeId.kprobe, expectedAttachType }, (attr) => {
    attr.u32(20, 1);
    const names = attr.output(24, 8);
    new DataView(names.buffer, names.byteOffset).setBigUint64(0, BigInt(attr.string(FUNCTION)), true);
  });
}

function uprobe(context: ProbeContext): Verdict {
  const program = someProgram();
  if (program === undefined) return no("there is no program to try it on");
  return at(context, "kprobe", { kind: "uprobe", path: program.path, offset: program.entry, onReturn: false });
}

/** struct { u64 path, offsets, ref_ctr_offsets, cookies; u32 cnt, flags, pid } from byte 16. */
function uprobeMulti({ kernel }: ProbeContext, expectedAttachType: number): Verdict {
  const program = someProgram();
  if (program === undefined) return no("there is no program to try it on");
  return linked({ kernel }, { type: ProgramTypeId.kprobe, expectedAttachType }, (attr) => {
    attr.path(16, program.path);
    const offsets = attr.output(24, 8);
    new DataView(offsets.buffer, offsets.byteOffset).setBigUint64(0, BigInt(program.entry), true);
    attr.u32(48, 1);
  });
}

function perfEventLink({ kernel }: ProbeContext): Verdict {
  let road = "";
  const verdict = attaches(kernel, { type: ProgramTypeId.tracepoint }, (program) => {
    const link = new Attacher(kernel).attach(program, { kind: "tracepoint", ...EVENT });
    ({ road } = link);
    return link;
  });
  if (!verdict.supported || road === "perf event link") return verdict;
  return no("programs are bound to perf events by ioctl; such attachments can't be pinned");
}

/** Loads the program and makes a BPF link of it; the link's attach type is the one it was loaded for. */
function linked(
  { kernel }: Pick<ProbeContext, "kernel">,
  request: TrialRequest & { readonly expectedAttachType: number },
  extra?: (attr: Attr) => void,
): Verdict {
  const attach = (program: FileDescriptor): Disposable =>
    linkCreate(
      kernel,
      { programFd: program.fd, target: 0, attachType: request.expectedAttachType, ...(extra && { extra }) },
      "a trial program",
    );
  return attaches(kernel, request, attach);
}

/** A program that is on every machine and seldom started, and where its first instruction is. */
function someProgram(): { path: string; entry: number } | undefined {
  const path = resolveBinary("true") ?? resolveBinary("busybox") ?? process.execPath;
  using file = ElfFile.open(path);
  const entry = file.entryOffset();
  return entry === undefined ? undefined : { path, entry };
}

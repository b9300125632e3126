/** Program types, by loading `return 0` as each. */
import { mov64Imm, exit } from "@sonde/bpf/asm";
import { attachTypeId } from "../programs/attach-type.ts";
import { AttachType, Errno, ProgramFlag, ProgramTypeId } from "../sys/index.ts";
import { type Feature, type ProbeContext, type Verdict, YES } from "./feature.ts";
import { type TrialRequest, loads, tryProgram } from "./trial.ts";

export type ProgramTypeName = keyof typeof ProgramTypeId;
type Plain = Exclude<ProgramTypeName, "tracing" | "lsm" | "ext" | "struct_ops">;

interface Shape extends Omit<TrialRequest, "type"> {
  readonly since: string;
}

function shapes(): Readonly<Record<Plain, Shape>> {
  return {
    socket_filter: { since: "3.19" },
    kprobe: { since: "4.1" },
    sched_cls: { since: "4.1" },
    sched_act: { since: "4.1" },
    tracepoint: { since: "4.7" },
    xdp: { since: "4.8" },
    perf_event: { since: "4.9" },
    cgroup_skb: { since: "4.10" },
    cgroup_sock: { since: "4.10" },
    lwt_in: { since: "4.10" },
    lwt_out: { since: "4.10" },
    lwt_xmit: { since: "4.10" },
    sock_ops: { since: "4.13" },
    sk_skb: { since: "4.14" },
    cgroup_device: { since: "4.15" },
    sk_msg: { since: "4.17" },
    raw_tracepoint: { since: "4.17" },
    cgroup_sock_addr: { since: "4.17", expectedAttachType: attachTypeId("cgroup_inet4_connect") },
    lwt_seg6local: { since: "4.18" },
    lirc_mode2: { since: "4.18", expectedAttachType: attachTypeId("lirc_mode2") },
    sk_reuseport: { since: "4.19" },
    flow_dissector: { since: "4.20", expectedAttachType: attachTypeId("flow_dissector") },
    cgroup_sysctl: { since: "5.2" },
    raw_tracepoint_writable: { since: "5.2" },
    cgroup_sockopt: { since: "5.3", expectedAttachType: attachTypeId("cgroup_setsockopt") },
    sk_lookup: { since: "5.9", expectedAttachType: attachTypeId("sk_lookup") },
    syscall: { since: "5.14", flags: ProgramFlag.SLEEPABLE },
    netfilter: { since: "6.4", expectedAttachType: attachTypeId("netfilter"), instructions: [mov64Imm(0, 1), exit()] },
  };
}

export function programTypeFeatures(): readonly Feature[] {
  const plain = Object.entries(shapes()).map(([name, { since, ...shape }]): Feature => ({
    name,
    since,
    probe: ({ kernel }) => loads(kernel, { type: ProgramTypeId[name as Plain], ...shape }),
  }));
  return [...plain, ...typedFeatures()];
}

/**
 * What a program of this type that does nothing is loaded with. Undefined for types that stand in the
 * place of something, which depends on what that is: ext, struct_ops; and where the kernel has no types.
 */
export function plainProgram({ btf }: Pick<ProbeContext, "btf">, type: ProgramTypeName): TrialRequest | undefined {
  switch (type) {
    case "ext":
    case "struct_ops":
      return undefined;
    case "tracing":
    case "lsm": {
      const [name, kind] =
        type === "lsm" ? (["bpf_lsm_quota_on", "func"] as const) : (["btf_trace_sched_switch", "typedef"] as const);
      const attachBtfId = btf()?.find(name, kind)[0];
      const expectedAttachType = attachTypeId(type === "lsm" ? "lsm_mac" : "trace_raw_tp");
      return attachBtfId === undefined ? undefined : { type: ProgramTypeId[type], expectedAttachType, attachBtfId };
    }
    default: {
      const { since: _, ...shape } = shapes()[type];
      return { type: ProgramTypeId[type], ...shape };
    }
  }
}

/** Those that name what they are for by BTF. */
function typedFeatures(): readonly Feature[] {
  return [
    {
      name: "tracing",
      since: "5.5",
      probe: (c) => typed(c, "tracing", AttachType.TRACE_RAW_TP, "btf_trace_sched_switch", "typedef"),
    },
    { name: "lsm", since: "5.7", probe: (c) => typed(c, "lsm", AttachType.LSM_MAC, "bpf_lsm_quota_on", "func") },
    {
      name: "struct_ops",
      since: "5.6",
      probe: (c) => bogus(c, "struct_ops", (trial) => trial.errno === Errno.ENOTSUPP),
    },
    { name: "ext", since: "5.6", probe: (c) => bogus(c, "ext", (trial) => trial.log.includes("Cannot replace")) },
  ];
}

function typed(
  { kernel, btf }: ProbeContext,
  type: ProgramTypeName,
  attach: number,
  name: string,
  kind: "typedef" | "func",
): Verdict {
  const attachBtfId = btf()?.find(name, kind)[0] ?? 0;
  return loads(kernel, { type: ProgramTypeId[type], expectedAttachType: attach, attachBtfId });
}

/** Loaded for BTF's type 1, which it can't be for: how the verifier refuses tells whether it knows the type of program. */
function bogus(
  { kernel }: ProbeContext,
  type: ProgramTypeName,
  known: (trial: { readonly errno: number; readonly log: string }) => boolean,
): Verdict {
  const request = { type: ProgramTypeId[type], attachBtfId: 1 };
  const { program, ...trial } = tryProgram(kernel, request);
  program?.close();
  return known(trial) ? YES : loads(kernel, request);
}

/**
 * What program sections mean by their names, as libbpf has it (docs.kernel.org/bpf/libbpf/program_types).
 *
 * A rule's name is the whole section name, or what stands before the first slash if the rule has
 * `target`, which then makes an attach target of what follows; without anything there the program is
 * only loaded. A leading "?" means that the program is not loaded unless somebody asks for it.
 */
import type { AttachTarget, AttachType, ProgramSpec } from "../spec/index.ts";
import { ProgramFlag } from "../spec/spec.ts";
import type { ProgramType } from "../spec/spec.ts";
import * as parse from "./section-targets.ts";

/** The parts of a ProgramSpec that a section's name decides. */
export type SectionMeaning = Pick<ProgramSpec, "type" | "attach" | "attachType" | "flags">;

interface SectionRule {
  readonly type: ProgramType;
  readonly attachType?: AttachType;
  readonly flags?: number;
  /** Reads what follows the slash, undefined if it cannot; "any": it says nothing. */
  readonly target?: ((text: string) => AttachTarget | undefined) | "any";
}

type Rules = Readonly<Record<string, SectionRule>>;

const { SLEEPABLE, XDP_HAS_FRAGS } = ProgramFlag;

/** The meaning of a section, or undefined if libbpf knows none of this name. Throws TypeError for a target that cannot be read. */
export function sectionMeaning(section: string): SectionMeaning | undefined {
  return meaningIn(new RuleTables(), section);
}

/** {@link sectionMeaning} for many sections: the tables are made once. */
export function sectionReader(): (section: string) => SectionMeaning | undefined {
  const tables = new RuleTables();
  return (section) => meaningIn(tables, section);
}

function meaningIn(tables: RuleTables, section: string): SectionMeaning | undefined {
  const name = section.replace(/^\?/, "");
  const slash = name.indexOf("/");
  const rule = tables.exact(name) ?? (slash === -1 ? undefined : tables.prefixed(name.slice(0, slash)));
  if (rule === undefined) return undefined;
  const text = typeof rule.target !== "function" || slash === -1 ? "" : name.slice(slash + 1);
  const target = typeof rule.target !== "function" || text === "" ? undefined : rule.target(text);
  if (text !== "" && target === undefined)
    throw new TypeError(`cannot read '${text}', what the section's programs attach to`);
  return {
    type: rule.type,
    attach: target === undefined ? [] : [target],
    ...(rule.attachType !== undefined && { attachType: rule.attachType }),
    ...(rule.flags !== undefined && { flags: rule.flags }),
  };
}

/** Made when they are first asked for: most objects need one of them. */
class RuleTables {
  #tracing: Rules | undefined;
  #networking: Rules | undefined;
  #cgroups: Rules | undefined;

  exact(name: string): SectionRule | undefined {
    return (
      this.#traced(name) ?? own((this.#networking ??= networking()), name) ?? own((this.#cgroups ??= cgroups()), name)
    );
  }

  prefixed(name: string): SectionRule | undefined {
    const rule = this.#traced(name);
    return rule?.target === undefined ? undefined : rule;
  }

  #traced(name: string): SectionRule | undefined {
    return own((this.#tracing ??= tracing()), name);
  }
}

function own(rules: Rules, name: string): SectionRule | undefined {
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}

function tracing(): Rules {
  return {
    kprobe: { type: "kprobe", target: (text) => parse.kprobe(text, false) },
    kretprobe: { type: "kprobe", target: (text) => parse.kprobe(text, true) },
    "kprobe.multi": {
      type: "kprobe",
      attachType: "trace_kprobe_multi",
      target: (text) => parse.kprobeMulti(text, "entry"),
    },
    "kretprobe.multi": {
      type: "kprobe",
      attachType: "trace_kprobe_multi",
      target: (text) => parse.kprobeMulti(text, "return"),
    },
    "kprobe.session": {
      type: "kprobe",
      attachType: "trace_kprobe_session",
      target: (text) => parse.kprobeMulti(text, "session"),
    },
    ksyscall: { type: "kprobe", target: (text) => parse.ksyscall(text, false) },
    kretsyscall: { type: "kprobe", target: (text) => parse.ksyscall(text, true) },
    uprobe: { type: "kprobe", target: (text) => parse.uprobe(text, false) },
    uretprobe: { type: "kprobe", target: (text) => parse.uprobe(text, true) },
    "uprobe.s": { type: "kprobe", flags: SLEEPABLE, target: (text) => parse.uprobe(text, false) },
    "uretprobe.s": { type: "kprobe", flags: SLEEPABLE, target: (text) => parse.uprobe(text, true) },
    "uprobe.multi": {
      type: "kprobe",
      attachType: "trace_uprobe_multi",
      target: (text) => parse.uprobeMulti(text, "entry"),
    },
    "uretprobe.multi": {
      type: "kprobe",
      attachType: "trace_uprobe_multi",
      target: (text) => parse.uprobeMulti(text, "return"),
    },
    "uprobe.session": {
      type: "kprobe",
      attachType: "trace_uprobe_session",
      target: (text) => parse.uprobeMulti(text, "session"),
    },
    "uprobe.multi.s": {
      type: "kprobe",
      attachType: "trace_uprobe_multi",
      flags: SLEEPABLE,
      target: (text) => parse.uprobeMulti(text, "entry"),
    },
    "uretprobe.multi.s": {
      type: "kprobe",
      attachType: "trace_uprobe_multi",
      flags: SLEEPABLE,
      target: (text) => parse.uprobeMulti(text, "return"),
    },
    "uprobe.session.s": {
      type: "kprobe",
      attachType: "trace_uprobe_session",
      flags: SLEEPABLE,
      target: (text) => parse.uprobeMulti(text, "session"),
    },
    usdt: { type: "kprobe", target: parse.usdt },
    "usdt.s": { type: "kprobe", flags: SLEEPABLE, target: parse.usdt },
    tracepoint: { type: "tracepoint", target: parse.tracepoint },
    tp: { type: "tracepoint", target: parse.tracepoint },
    raw_tracepoint: { type: "raw_tracepoint", target: parse.rawTracepoint },
    raw_tp: { type: "raw_tracepoint", target: parse.rawTracepoint },
    "raw_tracepoint.w": { type: "raw_tracepoint_writable", target: parse.rawTracepoint },
    "raw_tp.w": { type: "raw_tracepoint_writable", target: parse.rawTracepoint },
    tp_btf: { type: "tracing", attachType: "trace_raw_tp", target: parse.btfTracepoint },
    fentry: { type: "tracing", attachType: "trace_fentry", target: (text) => parse.fentry(text, false) },
    "fentry.s": {
      type: "tracing",
      attachType: "trace_fentry",
      flags: SLEEPABLE,
      target: (text) => parse.fentry(text, false),
    },
    fexit: { type: "tracing", attachType: "trace_fexit", target: (text) => parse.fentry(text, true) },
    "fexit.s": {
      type: "tracing",
      attachType: "trace_fexit",
      flags: SLEEPABLE,
      target: (text) => parse.fentry(text, true),
    },
    fmod_ret: { type: "tracing", attachType: "modify_return", target: parse.fmodRet },
    "fmod_ret.s": { type: "tracing", attachType: "modify_return", flags: SLEEPABLE, target: parse.fmodRet },
    iter: { type: "tracing", attachType: "trace_iter", target: parse.iter },
    "iter.s": { type: "tracing", attachType: "trace_iter", flags: SLEEPABLE, target: parse.iter },
    lsm: { type: "lsm", attachType: "lsm_mac", target: (text) => parse.lsm(text, false) },
    "lsm.s": { type: "lsm", attachType: "lsm_mac", flags: SLEEPABLE, target: (text) => parse.lsm(text, false) },
    lsm_cgroup: { type: "lsm", attachType: "lsm_cgroup", target: (text) => parse.lsm(text, true) },
    freplace: { type: "ext", target: parse.freplace },
    perf_event: { type: "perf_event" },
    syscall: { type: "syscall", flags: SLEEPABLE },
    // What follows the slash only names the program: the maps of struct_ops say where it belongs.
    struct_ops: { type: "struct_ops", target: "any" },
    "struct_ops.s": { type: "struct_ops", flags: SLEEPABLE, target: "any" },
  };
}

function networking(): Rules {
  return {
    socket: { type: "socket_filter" },
    sk_reuseport: { type: "sk_reuseport", attachType: "sk_reuseport_select" },
    "sk_reuseport/migrate": { type: "sk_reuseport", attachType: "sk_reuseport_select_or_migrate" },
    tc: { type: "sched_cls" },
    classifier: { type: "sched_cls" },
    action: { type: "sched_act" },
    "tc/ingress": { type: "sched_cls", attachType: "tcx_ingress" },
    "tc/egress": { type: "sched_cls", attachType: "tcx_egress" },
    "tcx/ingress": { type: "sched_cls", attachType: "tcx_ingress" },
    "tcx/egress": { type: "sched_cls", attachType: "tcx_egress" },
    "netkit/primary": { type: "sched_cls", attachType: "netkit_primary" },
    "netkit/peer": { type: "sched_cls", attachType: "netkit_peer" },
    xdp: { type: "xdp", attachType: "xdp" },
    "xdp.frags": { type: "xdp", attachType: "xdp", flags: XDP_HAS_FRAGS },
    "xdp/devmap": { type: "xdp", attachType: "xdp_devmap" },
    "xdp.frags/devmap": { type: "xdp", attachType: "xdp_devmap", flags: XDP_HAS_FRAGS },
    "xdp/cpumap": { type: "xdp", attachType: "xdp_cpumap" },
    "xdp.frags/cpumap": { type: "xdp", attachType: "xdp_cpumap", flags: XDP_HAS_FRAGS },
    lwt_in: { type: "lwt_in" },
    lwt_out: { type: "lwt_out" },
    lwt_xmit: { type: "lwt_xmit" },
    lwt_seg6local: { type: "lwt_seg6local" },
    sockops: { type: "sock_ops", attachType: "cgroup_sock_ops" },
    sk_skb: { type: "sk_skb" },
    "sk_skb/stream_parser": { type: "sk_skb", attachType: "sk_skb_stream_parser" },
    "sk_skb/stream_verdict": { type: "sk_skb", attachType: "sk_skb_stream_verdict" },
    "sk_skb/verdict": { type: "sk_skb", attachType: "sk_skb_verdict" },
    sk_msg: { type: "sk_msg", attachType: "sk_msg_verdict" },
    sk_lookup: { type: "sk_lookup", attachType: "sk_lookup" },
    flow_dissector: { type: "flow_dissector", attachType: "flow_dissector" },
    lirc_mode2: { type: "lirc_mode2", attachType: "lirc_mode2" },
    netfilter: { type: "netfilter", attachType: "netfilter" },
  };
}

function cgroups(): Rules {
  return {
    "cgroup_skb/ingress": { type: "cgroup_skb", attachType: "cgroup_inet_ingress" },
    "cgroup_skb/egress": { type: "cgroup_skb", attachType: "cgroup_inet_egress" },
    "cgroup/skb": { type: "cgroup_skb" },
    "cgroup/dev": { type: "cgroup_device", attachType: "cgroup_device" },
    "cgroup/sock": { type: "cgroup_sock", attachType: "cgroup_inet_sock_create" },
    "cgroup/sock_create": { type: "cgroup_sock", attachType: "cgroup_inet_sock_create" },
    "cgroup/sock_release": { type: "cgroup_sock", attachType: "cgroup_inet_sock_release" },
    "cgroup/post_bind4": { type: "cgroup_sock", attachType: "cgroup_inet4_post_bind" },
    "cgroup/post_bind6": { type: "cgroup_sock", attachType: "cgroup_inet6_post_bind" },
    "cgroup/bind4": { type: "cgroup_sock_addr", attachType: "cgroup_inet4_bind" },
    "cgroup/bind6": { type: "cgroup_sock_addr", attachType: "cgroup_inet6_bind" },
    "cgroup/connect4": { type: "cgroup_sock_addr", attachType: "cgroup_inet4_connect" },
    "cgroup/connect6": { type: "cgroup_sock_addr", attachType: "cgroup_inet6_connect" },
    "cgroup/connect_unix": { type: "cgroup_sock_addr", attachType: "cgroup_unix_connect" },
    "cgroup/sendmsg4": { type: "cgroup_sock_addr", attachType: "cgroup_udp4_sendmsg" },
    "cgroup/sendmsg6": { type: "cgroup_sock_addr", attachType: "cgroup_udp6_sendmsg" },
    "cgroup/sendmsg_unix": { type: "cgroup_sock_addr", attachType: "cgroup_unix_sendmsg" },
    "cgroup/recvmsg4": { type: "cgroup_sock_addr", attachType: "cgroup_udp4_recvmsg" },
    "cgroup/recvmsg6": { type: "cgroup_sock_addr", attachType: "cgroup_udp6_recvmsg" },
    "cgroup/recvmsg_unix": { type: "cgroup_sock_addr", attachType: "cgroup_unix_recvmsg" },
    "cgroup/getpeername4": { type: "cgroup_sock_addr", attachType: "cgroup_inet4_getpeername" },
    "cgroup/getpeername6": { type: "cgroup_sock_addr", attachType: "cgroup_inet6_getpeername" },
    "cgroup/getpeername_unix": { type: "cgroup_sock_addr", attachType: "cgroup_unix_getpeername" },
    "cgroup/getsockname4": { type: "cgroup_sock_addr", attachType: "cgroup_inet4_getsockname" },
    "cgroup/getsockname6": { type: "cgroup_sock_addr", attachType: "cgroup_inet6_getsockname" },
    "cgroup/getsockname_unix": { type: "cgroup_sock_addr", attachType: "cgroup_unix_getsockname" },
    "cgroup/sysctl": { type: "cgroup_sysctl", attachType: "cgroup_sysctl" },
    "cgroup/getsockopt": { type: "cgroup_sockopt", attachType: "cgroup_getsockopt" },
    "cgroup/setsockopt": { type: "cgroup_sockopt", attachType: "cgroup_setsockopt" },
  };
}

/** Names of all rules, those that take a target with a slash at their end. */
export function sectionRuleNames(): string[] {
  return [tracing(), networking(), cgroups()].flatMap((rules) =>
    Object.entries(rules).map(([name, { target }]) => (target === undefined ? name : `${name}/`)),
  );
}

/** A section name for a program that came from none: the one that says most about it. */
export function sectionFor({
  type,
  attach,
  attachType,
}: Pick<ProgramSpec, "type" | "attach" | "attachType">): string | undefined {
  const target = attach[0];
  const wanted = target === undefined ? undefined : parse.sectionOf(target);
  if (wanted !== undefined && sectionMeaning(wanted)?.type === type) return wanted;
  for (const rules of [tracing(), networking(), cgroups()]) {
    for (const [name, rule] of Object.entries(rules)) {
      if (rule.type === type && (attachType === undefined || rule.attachType === attachType)) return name;
    }
  }
  return undefined;
}

/** Hooks at which a handler decides: packets, connections, what is allowed. */
import type { CgroupAttachType, ProgramType } from "@sonde/bpf/spec";
import type { Registry } from "../prepare/registry.ts";
import { Call, placesOf } from "./arguments.ts";
import type { ArgumentKind, Declarations, ProbeDeclaration } from "./declarations.ts";

/** XDP_ABORTED to XDP_REDIRECT. */
const XDP_ANSWERS = [0, 1, 2, 3, 4];
const XDP_PASS = 2;
/** TC_ACT_UNSPEC to TC_ACT_REDIRECT. Without an answer the next program decides, as if this one were not there. */
const TC_ANSWERS = [-1, 0, 1, 2, 3, 4, 5, 6, 7];
const TC_NEXT = -1;
/** NF_DROP and NF_ACCEPT; SK_DROP and SK_PASS; what programs of control groups forbid and allow by. */
const YES_OR_NO = [0, 1];
const YES = 1;

const NETFILTER_HOOKS = ["prerouting", "input", "forward", "output", "postrouting"] as const;

type CgroupHook = readonly [type: ProgramType, attach: CgroupAttachType, argument: ArgumentKind, answers?: "any"];

/** `struct __sk_buff`: where data and data_end stand in it. */
const SKB: ArgumentKind = { kind: "packet", start: 76, end: 80, struct: "__sk_buff" };

/** Hooks of control groups, by what libbpf calls their sections. */
function cgroupHooks(): Readonly<Record<string, CgroupHook>> {
  const address = (attach: CgroupAttachType): CgroupHook => ["cgroup_sock_addr", attach, context("bpf_sock_addr")];
  const socket = (attach: CgroupAttachType): CgroupHook => ["cgroup_sock", attach, context("bpf_sock")];
  const option = (attach: CgroupAttachType): CgroupHook => ["cgroup_sockopt", attach, context("bpf_sockopt")];
  return {
    ingress: ["cgroup_skb", "cgroup_inet_ingress", SKB],
    egress: ["cgroup_skb", "cgroup_inet_egress", SKB],
    connect4: address("cgroup_inet4_connect"),
    connect6: address("cgroup_inet6_connect"),
    bind4: address("cgroup_inet4_bind"),
    bind6: address("cgroup_inet6_bind"),
    sendmsg4: address("cgroup_udp4_sendmsg"),
    sendmsg6: address("cgroup_udp6_sendmsg"),
    recvmsg4: address("cgroup_udp4_recvmsg"),
    recvmsg6: address("cgroup_udp6_recvmsg"),
    sock_create: socket("cgroup_inet_sock_create"),
    sock_release: socket("cgroup_inet_sock_release"),
    post_bind4: socket("cgroup_inet4_post_bind"),
    post_bind6: socket("cgroup_inet6_post_bind"),
    getsockopt: option("cgroup_getsockopt"),
    setsockopt: option("cgroup_setsockopt"),
    sockops: ["sock_ops", "cgroup_sock_ops", context("bpf_sock_ops"), "any"],
    sysctl: ["cgroup_sysctl", "cgroup_sysctl", context("bpf_sysctl")],
    dev: ["cgroup_device", "cgroup_device", context("bpf_cgroup_dev_ctx")],
  };
}

function context(struct: string): ArgumentKind {
  return { kind: "context", struct };
}

export function hookFunctions(registry: Registry, declarations: Declarations): Readonly<Record<string, unknown>> {
  const add = (call: Call, handler: unknown, parts: Omit<ProbeDeclaration, "handler" | "site" | "user">): void => {
    if (typeof handler !== "function") call.fail("its last argument is the handler, a function");
    declarations.probes.push({ user: false, ...parts, handler, site: call.site });
  };
  return {
    xdp: (device: unknown, handler: unknown): void => {
      const call = new Call("xdp", registry);
      const place = call.place(device, "the network interface");
      add(call, handler, {
        title: `xdp:${place.title}`,
        programType: "xdp",
        attachType: "xdp",
        attach: [{ kind: "xdp", device: place.text }],
        ...placesOf({ device: place }),
        argument: { kind: "packet", start: 0, end: 4, struct: "xdp_md" },
        verdict: XDP_PASS,
        verdicts: XDP_ANSWERS,
      });
    },
    tc: (device: unknown, direction: unknown, handler: unknown): void => {
      const call = new Call("tc", registry);
      const place = call.place(device, "the network interface");
      if (direction !== "ingress" && direction !== "egress")
        return call.fail('its direction is "ingress" or "egress"', 'tc("eth0", "ingress", ...)');
      add(call, handler, {
        title: `tc:${place.title}:${direction}`,
        programType: "sched_cls",
        attach: [{ kind: "tc", device: place.text, direction }],
        ...placesOf({ device: place }),
        argument: SKB,
        verdict: TC_NEXT,
        verdicts: TC_ANSWERS,
      });
    },
    cgroup: (group: unknown, hook: unknown, handler: unknown): void => {
      const call = new Call("cgroup", registry);
      const place = call.place(group, "the control group");
      const name = call.text(hook, "the hook");
      const hooks = cgroupHooks();
      const known = Object.hasOwn(hooks, name) ? hooks[name] : undefined;
      if (known === undefined)
        return call.fail(`there is no hook ${name}`, `the hooks are ${Object.keys(hooks).join(", ")}`);
      const [programType, attachType, argument, answers = YES_OR_NO] = known;
      add(call, handler, {
        title: `cgroup:${place.title}:${name}`,
        programType,
        attachType,
        attach: [{ kind: "cgroup", path: place.text, attachType }],
        ...placesOf({ path: place }),
        argument,
        verdict: YES,
        verdicts: answers,
      });
    },
    netfilter: (where: unknown, handler: unknown): void => {
      const call = new Call("netfilter", registry);
      const { family, hook, priority, defragment } = call.options(where, ["family", "hook", "priority", "defragment"]);
      if (family !== "ipv4" && family !== "ipv6") return call.fail('its family is "ipv4" or "ipv6"');
      const known = NETFILTER_HOOKS.find((name) => name === hook);
      if (known === undefined) return call.fail(`its hook is one of ${NETFILTER_HOOKS.join(", ")}`);
      const order = call.integer(priority, "priority", -0x8000_0000, 0x7fff_ffff);
      add(call, handler, {
        title: `netfilter:${family}:${known}:${order}`,
        programType: "netfilter",
        attachType: "netfilter",
        attach: [
          {
            kind: "netfilter",
            family,
            hook: known,
            priority: order,
            ...(defragment === true && { defragment }),
          },
        ],
        argument: { kind: "pointers", struct: "bpf_nf_ctx" },
        verdict: YES,
        verdicts: YES_OR_NO,
      });
    },
    skLookup: (handler: unknown): void => {
      add(new Call("skLookup", registry), handler, {
        title: "sk_lookup",
        programType: "sk_lookup",
        attachType: "sk_lookup",
        attach: [{ kind: "netns", attachType: "sk_lookup" }],
        argument: context("bpf_sk_lookup"),
        verdict: YES,
        verdicts: YES_OR_NO,
      });
    },
    lsm: (hook: unknown, handler: unknown): void => {
      const call = new Call("lsm", registry);
      const name = call.text(hook, "the hook");
      add(call, handler, {
        title: `lsm:${name}`,
        programType: "lsm",
        attachType: "lsm_mac",
        attach: [{ kind: "lsm", hook: name, cgroup: false }],
        argument: { kind: "function", function: `bpf_lsm_${name}`, onReturn: false },
        verdict: 0,
        verdicts: "any",
      });
    },
    lsmCgroup: (group: unknown, hook: unknown, handler: unknown): void => {
      const call = new Call("lsmCgroup", registry);
      const place = call.place(group, "the control group");
      const name = call.text(hook, "the hook");
      add(call, handler, {
        title: `lsm_cgroup:${place.title}:${name}`,
        programType: "lsm",
        attachType: "lsm_cgroup",
        attach: [{ kind: "lsm", hook: name, cgroup: true, path: place.text }],
        ...placesOf({ path: place }),
        argument: { kind: "function", function: `bpf_lsm_${name}`, onReturn: false },
        verdict: YES,
        verdicts: YES_OR_NO,
      });
    },
    fmodRet: (fn: unknown, handler: unknown): void => {
      const call = new Call("fmodRet", registry);
      const name = call.text(fn, "the function");
      add(call, handler, {
        title: `fmod_ret:${name}`,
        programType: "tracing",
        attachType: "modify_return",
        attach: [{ kind: "fmodRet", function: name }],
        argument: { kind: "function", function: name, onReturn: false },
        verdict: 0,
        verdicts: "any",
      });
    },
  };
}

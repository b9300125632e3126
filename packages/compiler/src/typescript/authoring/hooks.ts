/** Hooks at which a handler decides: packets, connections, what is allowed. */
import type { AttachType, ProgramType } from "@sonde/bpf/spec";
import type { Registry } from "../prepare/registry.ts";
import { Call } from "./arguments.ts";
import type { Declarations, ProbeDeclaration } from "./declarations.ts";

/** XDP_ABORTED to XDP_REDIRECT. */
const XDP_ANSWERS = [0, 1, 2, 3, 4];
const XDP_PASS = 2;
/** TC_ACT_UNSPEC to TC_ACT_REDIRECT. */
const TC_ANSWERS = [-1, 0, 1, 2, 3, 4, 5, 6, 7];

/** Sections of cgroup programs: their type, what they are verified for, and the context. */
const CGROUP: Readonly<Record<string, readonly [type: ProgramType, attach: AttachType, struct: string]>> = {
  connect4: ["cgroup_sock_addr", "cgroup_inet4_connect", "bpf_sock_addr"],
  connect6: ["cgroup_sock_addr", "cgroup_inet6_connect", "bpf_sock_addr"],
  bind4: ["cgroup_sock_addr", "cgroup_inet4_bind", "bpf_sock_addr"],
  bind6: ["cgroup_sock_addr", "cgroup_inet6_bind", "bpf_sock_addr"],
  sendmsg4: ["cgroup_sock_addr", "cgroup_udp4_sendmsg", "bpf_sock_addr"],
  sendmsg6: ["cgroup_sock_addr", "cgroup_udp6_sendmsg", "bpf_sock_addr"],
  sock_create: ["cgroup_sock", "cgroup_inet_sock_create", "bpf_sock"],
  dev: ["cgroup_device", "cgroup_device", "bpf_cgroup_dev_ctx"],
};

export function hookFunctions(registry: Registry, declarations: Declarations): Readonly<Record<string, unknown>> {
  const add = (call: Call, handler: unknown, parts: Omit<ProbeDeclaration, "handler" | "site" | "user">): void => {
    if (typeof handler !== "function") call.fail("its last argument is the handler, a function");
    declarations.probes.push({ user: false, ...parts, handler, site: call.site });
  };
  return {
    xdp: (device: unknown, handler: unknown): void => {
      const call = new Call("xdp", registry);
      const name = call.text(device, "the network interface");
      add(call, handler, {
        title: `xdp:${name}`,
        programType: "xdp",
        attachType: "xdp",
        attach: [{ kind: "xdp", device: name }],
        argument: { kind: "packet", start: 0, end: 4, struct: "xdp_md" },
        verdict: XDP_PASS,
        verdicts: XDP_ANSWERS,
      });
    },
    tc: (direction: unknown, handler: unknown): void => {
      const call = new Call("tc", registry);
      if (direction !== "ingress" && direction !== "egress") call.fail('its direction is "ingress" or "egress"');
      add(call, handler, {
        title: `tc:${String(direction)}`,
        programType: "sched_cls",
        section: "tc",
        attach: [],
        argument: { kind: "packet", start: 76, end: 80, struct: "__sk_buff" },
        verdict: 0,
        verdicts: TC_ANSWERS,
      });
    },
    cgroup: (hook: unknown, handler: unknown): void => {
      const call = new Call("cgroup", registry);
      const name = call.text(hook, "the hook");
      const known = Object.hasOwn(CGROUP, name) ? CGROUP[name] : undefined;
      if (known === undefined)
        return call.fail(`there is no hook ${name}`, `the hooks are ${Object.keys(CGROUP).join(", ")}`);
      const [programType, attachType, struct] = known;
      add(call, handler, {
        title: `cgroup:${name}`,
        programType,
        attachType,
        section: `cgroup/${name}`,
        attach: [],
        argument: { kind: "context", struct },
        verdict: 1,
        verdicts: [0, 1],
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
  };
}

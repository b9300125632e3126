/** Programs at a hook of netfilter, beside the chains of nftables and iptables. Linux 6.4. */
import type { NetfilterHook } from "@sonde/bpf/spec";
import { attachTypeId } from "../../programs/attach-type.ts";
import { AddressFamily, type Attr, Errno, type Kernel, KernelError, type NetworkNamespace } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import { linkIn } from "./device.ts";
import { needing } from "./unsupported.ts";

export type { NetfilterHook };

export interface NetfilterOptions {
  readonly family: "ipv4" | "ipv6";
  readonly hook: NetfilterHook;
  /** Lower ones run first, no two are the same (EBUSY); nftables' filter chains have 0. */
  readonly priority: number;
  /** Fragments are put together before the program sees them, which needs a priority above -400; 6.6 */
  readonly defragment?: boolean;
  /** This thread's own if absent. */
  readonly namespace?: NetworkNamespace;
}

const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const FAMILIES = { ipv4: AddressFamily.INET, ipv6: AddressFamily.INET6 } as const;
const IP_DEFRAG = 1;

/**
 * Attaches a netfilter program, which returns NF_ACCEPT (1) or NF_DROP (0). Such links cannot be updated
 * in place: attach the next one at another priority, then close this one.
 *
 * Errors: UnsupportedFeatureError before 6.4; KernelError (EBUSY where the priority is taken).
 */
export function attachNetfilter(kernel: Kernel, program: LoadedProgram, options: NetfilterOptions): Link {
  const { family, hook, priority, defragment = false, namespace } = options;
  const subject = `netfilter ${family} ${hook} ${priority}${typeof namespace === "string" ? ` in ${namespace}` : ""}`;
  const request = {
    programFd: program.fd,
    target: 0,
    attachType: attachTypeId("netfilter"),
    // 16 pf   20 hooknum   24 priority (s32)   28 flags
    extra(attr: Attr) {
      attr.u32(16, FAMILIES[family]);
      attr.u32(20, HOOKS[hook]);
      attr.u32(24, priority);
      attr.u32(28, defragment ? IP_DEFRAG : 0);
    },
  };
  const [feature, since] = defragment
    ? (["defragmentation for netfilter links", "6.6"] as const)
    : (["netfilter links", "6.4"] as const);
  try {
    return needing(feature, since, () => linkIn(kernel, namespace, request, subject, "netfilter link"));
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== Errno.EBUSY) throw error;
    const { call, errno } = error;
    const advice = "Another program has this priority: take one beside it. bpftool net shows who is there.";
    throw new KernelError({ call, subject, errno, advice });
  }
}

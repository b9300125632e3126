/** Programs for a whole network namespace: which socket a packet is for, and how packets are taken apart. */
import { attachTypeId } from "../../programs/attach-type.ts";
import {
  type AttachedPrograms,
  type Kernel,
  type NetworkNamespace,
  linkCreate,
  openNetworkNamespace,
  programQuery,
} from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import { Link } from "../link.ts";
import { needing } from "./unsupported.ts";

export interface NamespacePlace {
  /** "sk_lookup" (5.9): several, in the order in which they came; "flow_dissector" (5.8): one. */
  readonly attachType: "sk_lookup" | "flow_dissector";
  /** This thread's own if absent. */
  readonly namespace?: NetworkNamespace;
}

/**
 * Attaches to a network namespace.
 * Errors: KernelError: EEXIST where there is a flow dissector already, here or (for this one it is
 * everybody's) in the first namespace; UnsupportedFeatureError.
 */
export function attachToNamespace(kernel: Kernel, program: LoadedProgram, place: NamespacePlace): Link {
  const subject = describe(place);
  using namespace = openNetworkNamespace(place.namespace);
  const request = { programFd: program.fd, target: namespace.fd, attachType: attachTypeId(place.attachType) };
  const since = place.attachType === "sk_lookup" ? "5.9" : "5.8";
  const link = needing(`links of ${place.attachType}`, since, () => linkCreate(kernel, request, subject));
  return new Link(kernel, subject, "network namespace link", [{ program: link }]);
}

/** What runs there, in order. */
export function queryNamespace(kernel: Kernel, place: NamespacePlace): AttachedPrograms {
  using namespace = openNetworkNamespace(place.namespace);
  return programQuery(kernel, { target: namespace.fd, attachType: attachTypeId(place.attachType) }, describe(place));
}

function describe({ attachType, namespace }: NamespacePlace): string {
  return namespace === undefined ? attachType : `${attachType}:${namespace}`;
}

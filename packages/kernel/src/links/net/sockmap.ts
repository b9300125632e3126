/** Programs for the sockets in a sockmap or sockhash. */
import { attachTypeId } from "../../programs/attach-type.ts";
import {
  type AttachedPrograms,
  type Kernel,
  linkCreate,
  programAttach,
  programDetach,
  programQuery,
} from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import { Link } from "../link.ts";
import { CurrentProgram, HeldLink, refuseExpected } from "./held-link.ts";
import { isUnknownToKernel, needing } from "./unsupported.ts";

export interface SockmapPlace {
  readonly map: { readonly fd: number };
  /** sk_msg: what sockets send; sk_skb: what they receive, as messages by a parser (and then a verdict) or as it comes. */
  readonly attachType: "sk_msg_verdict" | "sk_skb_stream_parser" | "sk_skb_stream_verdict" | "sk_skb_verdict";
}

export interface SockmapOptions extends SockmapPlace {
  /** "link" (6.10) goes with its descriptor; "attach" goes with the map. A link unless the kernel has none. */
  readonly road?: "link" | "attach";
}

const ROAD = "sockmap attachment";

/**
 * Attaches to a map; the program is for sockets that are put into it afterwards. A parser runs only
 * where there is a stream verdict too. Errors: KernelError: EBUSY where a link has the place, EINVAL where the type is another.
 */
export function attachSockmap(kernel: Kernel, program: LoadedProgram, options: SockmapOptions): Link {
  const subject = describe(options);
  const request = { target: options.map.fd, attachType: attachTypeId(options.attachType) };
  if (options.road !== "attach") {
    try {
      const link = linkCreate(kernel, { ...request, programFd: program.fd }, subject);
      return new Link(kernel, subject, "sockmap link", [{ program: link }]);
    } catch (error) {
      if (options.road === "link" || !isUnknownToKernel(error)) throw error;
    }
  }
  return attachWithoutLink(kernel, program, options, subject);
}

/** What is attached. Errors: UnsupportedFeatureError before 5.18. */
export function querySockmap(kernel: Kernel, place: SockmapPlace): AttachedPrograms {
  const query = { target: place.map.fd, attachType: attachTypeId(place.attachType) };
  return needing("asking a sockmap for its programs", "5.18", () => programQuery(kernel, query, describe(place)));
}

function attachWithoutLink(
  kernel: Kernel,
  program: LoadedProgram,
  { map, attachType }: SockmapPlace,
  subject: string,
): Link {
  const request = { target: map.fd, attachType: attachTypeId(attachType) };
  const attach = (programFd: number): void => programAttach(kernel, { ...request, programFd }, subject);
  attach(program.fd);
  const current = new CurrentProgram(kernel, program);
  return new HeldLink(kernel, subject, ROAD, {
    replace(next, expected) {
      refuseExpected(expected, subject, ROAD);
      current.replace(next, attach);
    },
    remove: () => programDetach(kernel, { ...request, programFd: current.fd }, subject),
    close: () => current.close(),
  });
}

function describe({ map, attachType }: SockmapPlace): string {
  return `${attachType}:map descriptor ${map.fd}`;
}

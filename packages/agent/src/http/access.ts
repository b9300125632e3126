import { createHash, timingSafeEqual } from "node:crypto";

/** Who may read, and who may switch monitors. */
export interface AccessRules {
  /** Changes need it when it is set. */
  readonly token: string | undefined;
  /** A certificate that the TLS layer has accepted is as good as the token. */
  readonly certificates: boolean;
  /** Reading needs what changes need; without it reading is open to whoever reaches the address that the agent listens on. */
  readonly protectReading: boolean;
}

export interface AccessRequest {
  readonly peer: string | undefined;
  /** It came with a certificate of the authority for clients. */
  readonly certified: boolean;
  readonly authorization: string | undefined;
  readonly origin: string | undefined;
  readonly host: string | undefined;
}

/** Why a request is refused; undefined when it may go on. */
export type Refusal = { readonly status: 401 | 403; readonly reason: string } | undefined;

export function mayRead(rules: AccessRules, request: AccessRequest): Refusal {
  return rules.protectReading ? mayChange(rules, request) : undefined;
}

export function mayChange(rules: AccessRules, request: AccessRequest): Refusal {
  const { token, certificates } = rules;
  if (certificates && request.certified) return undefined;
  if (token !== undefined) {
    const given = /^Bearer (.+)$/i.exec(request.authorization ?? "")?.[1];
    if (given === undefined)
      return { status: 401, reason: "this needs the agent's token: send 'Authorization: Bearer TOKEN'" };
    return sameText(given, token) ? undefined : { status: 403, reason: "the token is not the agent's" };
  }
  if (certificates) return { status: 401, reason: "this needs a certificate of the agent's authority for clients" };
  if (!isLoopback(request.peer)) {
    return {
      status: 403,
      reason: "changes are accepted from this machine only; start the agent with --token-file to allow others",
    };
  }
  // A page in somebody's browser on this machine is not its user: browsers say where such a request comes from.
  const own = [`http://${request.host ?? ""}`, `https://${request.host ?? ""}`];
  if (request.origin !== undefined && !own.includes(request.origin)) {
    return { status: 403, reason: `changes from pages of ${request.origin.slice(0, 200)} are not accepted` };
  }
  if (!isLoopbackHost(request.host))
    return { status: 403, reason: "without a token, address the agent as localhost or by a loopback address" };
  return undefined;
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === "::1" || /^(::ffff:)?127\./.test(address));
}

/** A name that another machine's DNS points here must not pass for this machine. */
function isLoopbackHost(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host ?? "");
}

/** Compares digests, so that neither length nor content shows in the time taken. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

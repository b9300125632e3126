import { createHash, timingSafeEqual } from "node:crypto";

/** Who may switch monitors. Reading is open to whoever reaches the address that the agent listens on. */
export interface AccessRules {
  /** Needed for every change when set; without it only the machine itself may change anything. */
  readonly token: string | undefined;
}

export interface ChangeRequest {
  readonly peer: string | undefined;
  readonly authorization: string | undefined;
  readonly origin: string | undefined;
  readonly host: string | undefined;
}

/** Why a change is refused, or undefined when it may go on. */
export function mayChange(
  rules: AccessRules,
  request: ChangeRequest,
): { readonly status: 401 | 403; readonly reason: string } | undefined {
  if (rules.token !== undefined) {
    const given = /^Bearer (.+)$/i.exec(request.authorization ?? "")?.[1];
    if (given === undefined)
      return { status: 401, reason: "this needs the agent's token: send 'Authorization: Bearer TOKEN'" };
    return sameText(given, rules.token) ? undefined : { status: 403, reason: "the token is not the agent's" };
  }
  if (!isLoopback(request.peer)) {
    return {
      status: 403,
      reason: "changes are accepted from this machine only; start the agent with --token-file to allow others",
    };
  }
  // A page in somebody's browser on this machine is not its user: browsers say where such a request comes from.
  if (request.origin !== undefined && request.origin !== `http://${request.host ?? ""}`) {
    return { status: 403, reason: `changes from pages of ${request.origin} are not accepted` };
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

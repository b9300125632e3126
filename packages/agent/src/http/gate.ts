/** Who gets through, and how many at a time: asked for each request before anything else is done for it. */
import type { Context } from "hono";
import { RateLimit } from "../security/rate-limit.ts";
import { type AccessRules, mayChange, mayRead } from "./access.ts";
import { ApiError } from "./errors.ts";
import type { Route } from "./route.ts";

/** Changes at once and each second; each is work for the kernel. */
const CHANGES = { burst: 50, perSecond: 10 };
/** Refused credentials: what guesses needs many. */
const REFUSALS = { burst: 20, perSecond: 1 };
/** Bodies that are being read. */
const MOST_UPLOADS = 4;

export class Gate {
  readonly #rules: AccessRules;
  readonly #changes = new RateLimit(CHANGES.burst, CHANGES.perSecond);
  readonly #refusals = new RateLimit(REFUSALS.burst, REFUSALS.perSecond);
  #uploads: number = 0;

  constructor(rules: AccessRules) {
    this.#rules = rules;
  }

  /** @throws {ApiError} 401 or 403 for who may not, 429 for too many */
  admit(c: Context, route: Route): void {
    if (route.open === true) return;
    const request = {
      ...connectionOf(c),
      authorization: c.req.header("authorization"),
      origin: c.req.header("origin"),
      host: c.req.header("host"),
    };
    const refusal = route.changes === true ? mayChange(this.#rules, request) : mayRead(this.#rules, request);
    if (refusal !== undefined) {
      const wait = request.authorization === undefined ? 0 : this.#refusals.take();
      if (wait > 0) throw tooMany("refused requests", wait);
      const header = refusal.status === 401 ? { "www-authenticate": "Bearer" } : {};
      throw new ApiError(refusal.status, refusal.reason, header);
    }
    const wait = route.changes === true ? this.#changes.take() : 0;
    if (wait > 0) throw tooMany("changes", wait);
  }

  /** Runs what reads a request's body. @throws {ApiError} 429 when enough are being read */
  async upload<T>(read: () => Promise<T>): Promise<T> {
    if (this.#uploads >= MOST_UPLOADS) throw tooMany("uploads at the same time", 1);
    this.#uploads++;
    try {
      return await read();
    } finally {
      this.#uploads--;
    }
  }
}

function tooMany(what: string, seconds: number): ApiError {
  return new ApiError(429, `too many ${what}; try again in ${seconds} s`, { "retry-after": String(seconds) });
}

/** The other end of the connection, as @hono/node-server hands it on; nothing is known without a socket. */
function connectionOf(c: Context): { readonly peer: string | undefined; readonly certified: boolean } {
  const bindings = c.env as { incoming?: { socket?: { remoteAddress?: string; authorized?: boolean } } } | undefined;
  const socket = bindings?.incoming?.socket;
  return { peer: socket?.remoteAddress, certified: socket?.authorized === true };
}

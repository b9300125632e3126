import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { Family } from "../exposition/family.ts";
import { negotiate } from "../exposition/negotiate.ts";
import { CONTENT_TYPES, writeExposition } from "../exposition/write.ts";
import type { MonitorStatus } from "../monitor/status.ts";
import { type AccessRules, mayChange } from "./access.ts";
import { indexPage } from "./index-page.ts";

/** What the HTTP face needs of the agent; the tests give it one of their own. */
export interface AgentFace {
  list(): readonly MonitorStatus[];
  /** @throws {UnknownMonitorError} */
  enable(name: string): Promise<MonitorStatus>;
  /** @throws {UnknownMonitorError} */
  disable(name: string): Promise<MonitorStatus>;
  /** Every metric as of now. */
  families(): Iterable<Family>;
  /** Whether every monitor that is to be on has been tried. */
  readonly ready: boolean;
}

export class UnknownMonitorError extends Error {
  override readonly name = "UnknownMonitorError";
  constructor(monitor: string, known: readonly string[]) {
    super(`there is no monitor '${monitor}'; there are ${known.length === 0 ? "none" : known.join(", ")}`);
  }
}

/** The agent's HTTP interface, without a port: `app.request(...)` answers in tests. */
export function createApp(agent: AgentFace, rules: AccessRules): Hono {
  const app = new Hono();

  app.get("/", (c) => c.html(indexPage(agent.list())));
  app.get("/livez", (c) => c.text("ok\n"));
  app.get("/readyz", (c) => readiness(c, agent));
  app.get("/metrics", (c) => metrics(c, agent));

  app.get("/api/v1/monitors", (c) => c.json({ monitors: agent.list() }));
  app.get("/api/v1/monitors/:name", (c) => {
    const name = c.req.param("name");
    const all = agent.list();
    const found = all.find((monitor) => monitor.name === name);
    if (found === undefined)
      throw new UnknownMonitorError(
        name,
        all.map((m) => m.name),
      );
    return c.json(found);
  });
  app.post("/api/v1/monitors/:name/enable", changesNeed(rules), async (c) =>
    answer(c, await agent.enable(c.req.param("name"))),
  );
  app.post("/api/v1/monitors/:name/disable", changesNeed(rules), async (c) =>
    answer(c, await agent.disable(c.req.param("name"))),
  );

  app.notFound((c) => c.json({ error: `there is nothing at ${c.req.method} ${c.req.path}; see /` }, 404));
  app.onError((error, c) =>
    error instanceof UnknownMonitorError
      ? c.json({ error: error.message }, 404)
      : c.json({ error: error.message }, 500),
  );
  return app;
}

/** A monitor that was asked to run and could not is the caller's news: 422 with the reason in the body. */
function answer(c: Context, status: MonitorStatus): Response {
  return c.json(status, status.state === "failed" ? 422 : 200);
}

function readiness(c: Context, agent: AgentFace): Response {
  const failed = agent.list().filter((monitor) => monitor.state === "failed");
  const lines = failed.map((monitor) => `${monitor.name} failed: ${monitor.reason ?? "for an unknown reason"}\n`);
  return c.text(`${agent.ready ? "ok" : "monitors are being loaded"}\n${lines.join("")}`, agent.ready ? 200 : 503);
}

function metrics(c: Context, agent: AgentFace): Response {
  const format = negotiate(c.req.header("accept"));
  const pieces = writeExposition(agent.families(), format);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  return new Response(body, { headers: { "content-type": CONTENT_TYPES[format] } });
}

function changesNeed(rules: AccessRules): MiddlewareHandler {
  return async (c, next) => {
    const refusal = mayChange(rules, {
      peer: peerAddress(c),
      authorization: c.req.header("authorization"),
      origin: c.req.header("origin"),
      host: c.req.header("host"),
    });
    if (refusal !== undefined) return c.json({ error: refusal.reason }, refusal.status);
    return await next();
  };
}

/** The other end of the connection, as @hono/node-server hands it on; undefined without a socket. */
function peerAddress(c: Context): string | undefined {
  const bindings = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return bindings?.incoming?.socket?.remoteAddress;
}

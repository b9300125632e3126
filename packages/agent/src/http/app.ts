/** The agent's HTTP interface, without a port: `app.request(...)` answers in tests. */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { type AccessRules, mayChange } from "./access.ts";
import { parseJson, readBody } from "./body.ts";
import { ApiError, errorResponse } from "./errors.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes/index.ts";
import type { Services } from "./services.ts";

export function createApp(services: Services, rules: AccessRules): Hono {
  const app = new Hono();
  for (const route of routes())
    app.on(route.method.toUpperCase(), route.path, (c) => answer(c, route, services, rules));
  app.notFound((c) => c.json({ error: `there is nothing at ${c.req.method} ${c.req.path}; see /` }, 404));
  app.onError((error) => errorResponse(error));
  return app;
}

async function answer(c: Context, route: Route, services: Services, rules: AccessRules): Promise<Response> {
  if (route.changes === true) requirePermission(c, rules);
  const params = checked(route.params, c.req.param(), "the path");
  const query = checked(route.query, c.req.query(), "the query");
  const bytes = route.body === undefined ? undefined : await readBody(c.req.raw, route.body);
  const { schema } = route.body ?? {};
  const body = bytes === undefined || schema === undefined ? bytes : checked(schema, parseJson(bytes), "the body");
  return await route.handle({ http: c, params, query, body: body as Uint8Array }, services);
}

/** What a schema makes of the input. @throws {ApiError} 400 with the place and the reason of the first fault */
function checked(schema: v.GenericSchema | undefined, input: unknown, what: string): unknown {
  if (schema === undefined) return undefined;
  const result = v.safeParse(schema, input, { abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = issue.path?.map((item) => String(item.key)).join(".");
  throw new ApiError(400, `${what} is not right${place === undefined ? "" : ` at '${place}'`}: ${issue.message}`);
}

function requirePermission(c: Context, rules: AccessRules): void {
  const refusal = mayChange(rules, {
    peer: peerAddress(c),
    authorization: c.req.header("authorization"),
    origin: c.req.header("origin"),
    host: c.req.header("host"),
  });
  if (refusal !== undefined) throw new ApiError(refusal.status, refusal.reason);
}

/** The other end of the connection, as @hono/node-server hands it on; undefined without a socket. */
function peerAddress(c: Context): string | undefined {
  const bindings = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return bindings?.incoming?.socket?.remoteAddress;
}

/** The agent's HTTP interface, without a port: `app.request(...)` answers in tests. */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { AccessRules } from "./access.ts";
import { parseJson, readBody } from "./body.ts";
import { ApiError, errorResponse } from "./errors.ts";
import { Gate } from "./gate.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes/index.ts";
import type { Services } from "./services.ts";

export function createApp(services: Services, rules: AccessRules): Hono {
  const app = new Hono();
  const gate = new Gate(rules);
  for (const route of routes()) app.on(route.method.toUpperCase(), route.path, (c) => answer(c, route, services, gate));
  app.notFound((c) => c.json({ error: `there is nothing at ${c.req.method} ${c.req.path}; see /` }, 404));
  app.onError((error) => errorResponse(error));
  return app;
}

async function answer(c: Context, route: Route, services: Services, gate: Gate): Promise<Response> {
  gate.admit(c, route);
  const params = checked(route.params, c.req.param(), "the path");
  const query = checked(route.query, c.req.query(), "the query");
  const rule = route.body;
  const bytes = rule === undefined ? undefined : await gate.upload(() => readBody(c.req.raw, rule));
  const { schema } = rule ?? {};
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

import * as v from "valibot";
import type { MonitorStatus } from "../../monitor/status.ts";
import { type Route, route } from "../route.ts";
import { ApiError } from "../errors.ts";
import { monitorName, monitorStatus } from "../schemas.ts";

export function enableMonitor(): Route {
  return route({
    ...shape("enable", "Load and attach a monitor"),
    handle: async ({ params: { name } }, { agent }) => changed(await agent.enable(name)),
  });
}

export function disableMonitor(): Route {
  return route({
    ...shape("disable", "Detach a monitor and free what it holds in the kernel"),
    handle: async ({ params: { name } }, { agent }) => changed(await agent.disable(name), "off"),
  });
}

/** Files of TypeScript monitors and of ebpf_exporter can be large. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The body is the file, its name in the query, its signature in the header Sonde-Signature; without a body the agent reads its directory again. */
export function upgradeMonitor(): Route {
  return route({
    ...shape("upgrade", "Hand every event to a new version, without losing one; the old one goes on if it fails"),
    query: v.object({
      file: v.optional(
        v.pipe(
          v.string(),
          v.regex(/^[A-Za-z0-9_.-]{1,128}$/, "a file's name has letters, digits, '_', '-' and '.', at most 128"),
          v.description("What the file in the body is called: its ending says what it is"),
        ),
      ),
    }),
    body: { types: ["application/octet-stream", "text/plain"], maxBytes: MOST_BYTES },
    handle: async ({ http, params: { name }, query: { file }, body }, { agent }) => {
      if (body.length === 0) return changed(await agent.upgrade(name));
      if (file === undefined)
        throw new ApiError(400, "a file was sent without its name: add ?file=NAME, such as ?file=runqlat.bt");
      const signature = http.req.header("sonde-signature");
      return changed(await agent.upgrade(name, { file, bytes: body, ...(signature !== undefined && { signature }) }));
    },
  });
}

export function rollBackMonitor(): Route {
  return route({
    ...shape("rollback", "Hand every event to the version before again, without losing one"),
    handle: async ({ http, params: { name } }, { agent }) => http.json(await agent.rollback(name)),
  });
}

export function setMonitorParam(): Route {
  return route({
    method: "put",
    path: "/api/v1/monitors/:name/params/:param",
    tag: "monitors",
    summary: "Set a parameter while the monitor runs",
    changes: true,
    params: v.object({ name: monitorName, param: v.pipe(v.string(), v.maxLength(128)) }),
    body: {
      types: ["application/json"],
      maxBytes: 4096,
      schema: v.object({ value: v.union([v.number(), v.boolean(), v.string()]) }),
    },
    answers: { 200: { description: "The monitor with the value in force", schema: monitorStatus } },
    handle: async ({ http, params: { name, param }, body: { value } }, { agent }) =>
      http.json(await agent.setParam(name, param, value)),
  });
}

function shape(verb: string, summary: string) {
  return {
    method: "post",
    path: `/api/v1/monitors/:name/${verb}`,
    tag: "monitors",
    summary,
    changes: true,
    params: v.object({ name: monitorName }),
    answers: {
      200: { description: "The state that it led to", schema: monitorStatus },
      422: { description: "It was tried and failed: the reason is in the state", schema: monitorStatus },
    },
  } as const;
}

/**
 * A change that was tried and did not come about is the caller's news: 422 with the reason in the body. A
 * monitor that is on says a reason only where a version was refused or taken back.
 */
export function changed(status: MonitorStatus, asked: "on" | "off" = "on"): Response {
  const failed = asked === "on" && (status.state !== "on" || status.reason !== undefined);
  return Response.json(status, { status: failed ? 422 : 200 });
}

import * as v from "valibot";
import type { MonitorStatus } from "../../monitor/status.ts";
import { type Route, route } from "../route.ts";
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
    handle: async ({ params: { name } }, { agent }) => changed(await agent.disable(name)),
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

/** A monitor that was asked to run and could not is the caller's news: 422 with the reason in the body. */
export function changed(status: MonitorStatus): Response {
  return Response.json(status, { status: status.state === "failed" ? 422 : 200 });
}

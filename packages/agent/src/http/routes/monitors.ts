import * as v from "valibot";
import { UnknownMonitorError } from "../agent-face.ts";
import { type Route, route } from "../route.ts";
import { monitorName, monitorStatus } from "../schemas.ts";

export function listMonitors(): Route {
  return route({
    method: "get",
    path: "/api/v1/monitors",
    tag: "monitors",
    summary: "Every monitor and its state",
    answers: { 200: { description: "All of them", schema: v.object({ monitors: v.array(monitorStatus) }) } },
    handle: ({ http }, { agent }) => http.json({ monitors: agent.list() }),
  });
}

export function showMonitor(): Route {
  return route({
    method: "get",
    path: "/api/v1/monitors/:name",
    tag: "monitors",
    summary: "One monitor and its state",
    params: v.object({ name: monitorName }),
    answers: { 200: { description: "The monitor", schema: monitorStatus } },
    handle: ({ http, params: { name } }, { agent }) => {
      const all = agent.list();
      const found = all.find((monitor) => monitor.name === name);
      if (found !== undefined) return http.json(found);
      throw new UnknownMonitorError(
        name,
        all.map((monitor) => monitor.name),
      );
    },
  });
}

import * as v from "valibot";
import { type Route, route } from "../route.ts";
import { errorBody, monitorName, monitorStatus } from "../schemas.ts";

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
    handle: ({ http, params: { name } }, { agent }) => http.json(agent.show(name)),
  });
}

export function monitorLogs(): Route {
  return route({
    method: "get",
    path: "/api/v1/monitors/:name/logs",
    tag: "monitors",
    summary: "The last things that happened to a monitor, and what it printed",
    params: v.object({ name: monitorName }),
    answers: { 200: { description: "The oldest first", schema: v.object({ entries: v.array(journalEntry) }) } },
    handle: ({ http, params: { name } }, { agent }) => http.json({ entries: agent.logs(name) }),
  });
}

export function removeMonitor(): Route {
  return route({
    method: "delete",
    path: "/api/v1/monitors/:name",
    tag: "monitors",
    summary: "Forget a monitor that came by the API",
    changes: true,
    params: v.object({ name: monitorName }),
    answers: {
      204: { description: "It is gone" },
      409: { description: "It is a file of the agent's directory", schema: errorBody },
    },
    handle: async ({ http, params: { name } }, { agent }) => {
      await agent.remove(name);
      return http.body(null, 204);
    },
  });
}

const journalEntry = v.object({
  time: v.pipe(v.string(), v.description("ISO 8601")),
  level: v.picklist(["info", "warning", "error", "output"]),
  text: v.string(),
});

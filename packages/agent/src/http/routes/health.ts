import { type Route, route } from "../route.ts";

/** The process answers. */
export function livez(): Route {
  return route({
    method: "get",
    path: "/livez",
    tag: "agent",
    open: true,
    summary: "Whether the agent is alive",
    answers: { 200: { description: "It is", types: ["text/plain"] } },
    handle: ({ http }) => http.text("ok\n"),
  });
}

/** Every monitor that is to be on has been tried; those that failed are named. */
export function readyz(): Route {
  return route({
    method: "get",
    path: "/readyz",
    tag: "agent",
    open: true,
    summary: "Whether every monitor that is to be on has been tried",
    answers: {
      200: { description: "Every one has; a line for each that failed", types: ["text/plain"] },
      503: { description: "Monitors are being loaded", types: ["text/plain"] },
    },
    handle: ({ http }, { agent }) => {
      const failed = agent.list().filter((monitor) => monitor.state === "failed");
      const lines = failed.map((monitor) => `${monitor.name} failed: ${monitor.reason ?? "for an unknown reason"}\n`);
      const first = agent.ready ? "ok\n" : "monitors are being loaded\n";
      return http.text(`${first}${lines.join("")}`, agent.ready ? 200 : 503);
    },
  });
}

import { capabilitiesOf } from "@sonde/kernel/sys";
import * as v from "valibot";
import { NEEDED_CAPABILITIES, NETWORK_CAPABILITY } from "../../security/capabilities.ts";
import { type Route, route } from "../route.ts";

export function agentInfo(): Route {
  return route({
    method: "get",
    path: "/api/v1/agent",
    tag: "agent",
    summary: "The agent itself: its version, its powers and what it needs them for",
    answers: {
      200: {
        description: "The agent",
        schema: v.object({
          version: v.string(),
          pid: v.number(),
          started: v.pipe(v.string(), v.description("ISO 8601")),
          ready: v.pipe(v.boolean(), v.description("Every monitor that is to be on has been tried")),
          noNewPrivileges: v.boolean(),
          capabilities: v.array(
            v.object({
              name: v.string(),
              held: v.pipe(v.boolean(), v.description("The agent has it")),
              reason: v.pipe(v.string(), v.description("What it is needed for; empty: not needed")),
            }),
          ),
        }),
      },
    },
    handle: ({ http }, { agent, version }) => {
      const { effective, noNewPrivileges } = capabilitiesOf();
      const needed = [...NEEDED_CAPABILITIES, NETWORK_CAPABILITY];
      const surplus = effective.filter((name) => !needed.some((one) => one.name === name));
      return http.json({
        version,
        pid: process.pid,
        started: new Date(performance.timeOrigin).toISOString(),
        ready: agent.ready,
        noNewPrivileges,
        capabilities: [
          ...needed.map(({ name, reason }) => ({ name, held: effective.includes(name), reason })),
          ...surplus.map((name) => ({ name, held: true, reason: "" })),
        ],
      });
    },
  });
}

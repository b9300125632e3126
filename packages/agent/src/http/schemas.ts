/** What several operations take or answer. */
import * as v from "valibot";

/** As monitors are named: what follows is used in paths of files and of the API. */
export const monitorName: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/,
    "a name has letters, digits, '_', '-' and '.', no '.' or '-' first, at most 128",
  ),
);

export const metricName: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,255}$/, "a metric's name has letters, digits, '_' and ':'"),
);

export const monitorStatus: v.GenericSchema = v.pipe(
  v.looseObject({
    name: v.string(),
    help: v.pipe(v.string(), v.description("One sentence")),
    state: v.pipe(v.string(), v.description("off, loading, on, upgrading, tripped or failed")),
    reason: v.optional(v.pipe(v.string(), v.description("Why it is in this state"))),
    since: v.pipe(v.string(), v.description("When it came into this state, ISO 8601")),
    metrics: v.pipe(v.array(v.string()), v.description("Names of its metrics as they are exported")),
    capabilities: v.pipe(
      v.array(v.object({ name: v.string(), reason: v.string() })),
      v.description("What of the agent's capabilities it makes use of while it is on, and for what"),
    ),
    lost: v.pipe(
      v.looseObject({
        ringFull: v.number(),
        mapFull: v.number(),
        stackLost: v.number(),
        stackIncomplete: v.number(),
      }),
      v.description("What the kernel side could not record since it was switched on"),
    ),
  }),
  v.title("Monitor"),
);

export const errorBody: v.GenericSchema = v.pipe(
  v.object({ error: v.pipe(v.string(), v.description("What was tried, what was wrong, what to do")) }),
  v.title("Error"),
);

/** A query parameter that is on or off. */
export function flag(description: string): v.GenericSchema<"true" | "false" | undefined, boolean> {
  return v.pipe(
    v.optional(v.picklist(["true", "false"]), "false"),
    v.transform((text) => text === "true"),
    v.description(description),
  ) as v.GenericSchema<"true" | "false" | undefined, boolean>;
}

import * as v from "valibot";
import { TooManyReadersError, UnknownStreamError } from "../../streams/hub.ts";
import type { Subscription } from "../../streams/subscription.ts";
import { ApiError } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { monitorName } from "../schemas.ts";
import { sendPieces } from "../send.ts";

const stream = () =>
  v.pipe(
    v.object({
      name: v.string(),
      monitor: v.string(),
      help: v.string(),
      fields: v.array(v.string()),
      readers: v.number(),
      events: v.pipe(v.number(), v.description("Since the agent started")),
      lost: v.pipe(v.number(), v.description("Events that readers were too slow for")),
    }),
    v.title("Stream"),
  );

export function listStreams(): Route {
  return route({
    method: "get",
    path: "/api/v1/streams",
    tag: "streams",
    summary: "Every stream of the monitors that are on",
    answers: { 200: { description: "All of them", schema: v.object({ streams: v.array(stream()) }) } },
    handle: ({ http }, { streams }) => http.json({ streams: streams.list() }),
  });
}

/**
 * Lines of JSON where Accept asks for them, else server-sent events: `data:` with the same JSON and, before
 * the events that come after a loss, `event: lost` with how many were lost.
 */
export function readStream(): Route {
  return route({
    method: "get",
    path: "/api/v1/streams/:name",
    tag: "streams",
    summary: "The events of a stream from now on, until the connection ends",
    params: v.object({ name: monitorName }),
    answers: {
      200: { description: "One event a line", types: ["text/event-stream", "application/x-ndjson"] },
    },
    handle: async ({ http, params: { name } }, { streams }) => {
      const lines = /\bapplication\/(x-)?(ndjson|jsonl)\b/.test(http.req.header("accept") ?? "");
      const subscription = opened(() => streams.subscribe(name));
      const headers = {
        "content-type": lines ? "application/x-ndjson" : "text/event-stream",
        "cache-control": "no-store",
        // Proxies that gather an answer before they pass it on are asked not to.
        "x-accel-buffering": "no",
      };
      return await sendPieces(http, headers, pieces(subscription, lines), () => subscription.close());
    },
  });
}

function opened(subscribe: () => Subscription): Subscription {
  try {
    return subscribe();
  } catch (error) {
    if (error instanceof UnknownStreamError) throw new ApiError(404, error.message);
    if (error instanceof TooManyReadersError) throw new ApiError(503, error.message, { "retry-after": "10" });
    throw error;
  }
}

/** Milliseconds of silence after which something is sent all the same, so that a reader that has left is noticed. */
const HEARTBEAT = 15_000;

async function* pieces(subscription: Subscription, lines: boolean): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(lines ? "\n" : ": connected\nretry: 2000\n\n");
  try {
    for (;;) {
      const delivery = await subscription.take(HEARTBEAT);
      if (delivery === undefined) return;
      const { lost, events } = delivery;
      const loss = lost === 0 ? "" : lines ? `{"lost":${lost}}\n` : `event: lost\ndata: {"lost":${lost}}\n\n`;
      const text = events.map(({ json }) => (lines ? `${json}\n` : `data: ${json}\n\n`)).join("");
      yield Buffer.from(loss + text || (lines ? "\n" : ":\n\n"));
    }
  } finally {
    subscription.close();
  }
}

import { negotiate } from "../../exposition/negotiate.ts";
import { CONTENT_TYPES, writeExposition } from "../../exposition/write.ts";
import { type Route, route } from "../route.ts";

export function metrics(): Route {
  return route({
    method: "get",
    path: "/metrics",
    tag: "metrics",
    summary: "Every metric as of now, for Prometheus",
    answers: { 200: { description: "In the format that Accept asks for", types: Object.values(CONTENT_TYPES) } },
    handle: ({ http }, { agent }) => {
      const format = negotiate(http.req.header("accept"));
      const pieces = writeExposition(agent.families(), format);
      const encoder = new TextEncoder();
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const { done, value } = pieces.next();
          if (done === true) controller.close();
          else controller.enqueue(encoder.encode(value));
        },
      });
      return new Response(body, { headers: { "content-type": CONTENT_TYPES[format] } });
    },
  });
}

import * as v from "valibot";
import { CONTENT_TYPES, negotiate } from "../../exposition/negotiate.ts";
import { writeExposition } from "../../exposition/write.ts";
import { type Route, route } from "../route.ts";
import { flag } from "../schemas.ts";
import { sendPieces } from "../send.ts";

export function metrics(): Route {
  return route({
    method: "get",
    path: "/metrics",
    tag: "metrics",
    summary: "Every metric as of now, for Prometheus",
    query: v.object({
      created: flag("OpenMetrics: a _created line for each counter and histogram"),
    }),
    answers: { 200: { description: "In the format that Accept asks for", types: Object.values(CONTENT_TYPES) } },
    handle: async ({ http, query: { created } }, { readings }) => {
      const format = negotiate(http.req.header("accept"));
      const { families } = await readings.take();
      const headers = { "content-type": CONTENT_TYPES[format] };
      if (format !== "protobuf") return await sendPieces(http, headers, writeExposition(families, { format, created }));
      const { writeProtobuf } = await loadProtobuf();
      return await sendPieces(http, headers, writeProtobuf(families));
    },
  });
}

/** Only where somebody asks for it. */
function loadProtobuf(): Promise<typeof import("../../exposition/protobuf.ts")> {
  return import("../../exposition/protobuf.ts");
}

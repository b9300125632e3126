import { type Route, route } from "../route.ts";

export function openapiJson(): Route {
  return route({
    method: "get",
    path: "/api/v1/openapi.json",
    tag: "agent",
    summary: "This API as an OpenAPI 3.1 document",
    answers: { 200: { description: "The document", types: ["application/json"] } },
    handle: async ({ http }) => {
      const { openapiDocument } = await loadOpenapi();
      const { routes } = await import("./index.ts");
      return http.json(openapiDocument(routes()));
    },
  });
}

/** Only where somebody asks for it. */
function loadOpenapi(): Promise<typeof import("../openapi.ts")> {
  return import("../openapi.ts");
}

import { type Route, route } from "../route.ts";

export function openapiJson(): Route {
  return route({
    method: "get",
    path: "/api/v1/openapi.json",
    tag: "agent",
    summary: "This API as an OpenAPI 3.1 document",
    answers: { 200: { description: "The document", types: ["application/json"] } },
    handle: async ({ http }) => {
      const [{ openapiDocument }, { routes }] = await Promise.all([import("../openapi.ts"), import("./index.ts")]);
      return http.json(openapiDocument(routes()));
    },
  });
}

/** The OpenAPI 3.1 document of a list of routes: the schemas that check requests, written for readers. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import type { Answer, Route } from "./route.ts";
import { errorBody } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

const VERSION = "1";

export function openapiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sonde agent",
      version: VERSION,
      description: "Monitors of a Linux kernel: switched live, read as metrics, history and streams.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Error: schemaOf(errorBody) },
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "The agent's token (--token-file)" },
        certificate: { type: "mutualTLS", description: "A certificate of --tls-client-ca" },
      },
    },
  };
}

function operation(route: Route): Json {
  const { body, changes = false } = route;
  const id = `${route.method} ${route.path}`.replaceAll(/[^a-zA-Z0-9]+/g, "_").replace(/_$/, "");
  const parameters = [...parametersOf("path", route.params), ...parametersOf("query", route.query)];
  return {
    operationId: id,
    summary: route.summary,
    tags: [route.tag],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        description: `At most ${body.maxBytes} bytes`,
        content: Object.fromEntries(
          body.types.map((type) => [type, body.schema ? { schema: schemaOf(body.schema) } : {}]),
        ),
      },
    }),
    ...(changes && { security: [{ token: [] }, { certificate: [] }, {}] }),
    responses: {
      ...Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, answerOf(answer)])),
      default: {
        description: "What was wrong",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}

function answerOf(answer: Answer): Json {
  const { description, schema, types = [] } = answer;
  const content = {
    ...(schema && { "application/json": { schema: schemaOf(schema) } }),
    ...Object.fromEntries(types.map((type) => [type, {}])),
  };
  return { description, content };
}

function parametersOf(place: "path" | "query", schema: GenericSchema | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: place === "path" || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

/** What arrives, not what checking makes of it: numbers of a query are text until then. */
function schemaOf(schema: GenericSchema): Json {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    typeMode: "input",
    errorMode: "ignore",
    target: "draft-2020-12",
  });
  return rest;
}

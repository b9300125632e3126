import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openapiDocument } from "./openapi.ts";
import { routes } from "./routes/index.ts";

test("the document is OpenAPI 3.1 by the specification's own schema", async () => {
  const validator = new Validator();
  const document = structuredClone(openapiDocument(routes()));
  const result = await validator.validate(document);
  assert.deepEqual(result.errors ?? [], []);
  assert.equal(result.valid, true);
  assert.equal(validator.version, "3.1");
});

test("every route is in it, with the parameters of its path", () => {
  const { paths } = openapiDocument(routes()) as {
    paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>>;
  };
  for (const { method, path } of routes()) {
    const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]);
    const operation = paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method];
    assert.ok(operation, `${method} ${path}`);
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
    assert.deepEqual(
      inPath.map((parameter) => parameter.name),
      names,
    );
  }
});

// docs/tutorial.md and docs/coming-from-c.md, followed as written.
import { test } from "node:test";
import { freePort } from "../support/services.js";
import { follow } from "./guide.js";

test("docs/tutorial.md", async (t) => {
  await follow(t, "docs/tutorial.md", { 9435: `${await freePort()}`, 9090: `${await freePort()}` });
});

test("docs/coming-from-c.md", async (t) => await follow(t, "docs/coming-from-c.md"));

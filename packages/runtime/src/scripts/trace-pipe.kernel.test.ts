import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { kernelTest } from "@sonde/kernel/testing";
import { runScript } from "./run-script.ts";

kernelTest("debugf writes to the trace pipe", async () => {
  const marker = `sonde ${process.pid}`;
  const pipe = "/sys/kernel/tracing/trace";
  await runScript(`BEGIN { debugf("${marker} %d %d", 42, 7); exit(); }`);
  assert.match(readFileSync(pipe, "latin1"), new RegExp(`${marker} 42 7`));
});

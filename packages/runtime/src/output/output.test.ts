import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { descriptorOutput } from "./output.ts";

function inFolder(run: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "sonde-output-"));
    try {
      await run(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

test(
  "what is written arrives in order",
  inFolder(async (folder) => {
    const path = join(folder, "out");
    const fd = openSync(path, "w");
    for (const buffering of ["line", "full"] as const) {
      const output = descriptorOutput(fd, buffering);
      for (let i = 0; i < 1000; i++) {
        output.write(`${i}\n`);
        if (i % 100 === 0) output.send();
      }
      await output.flush();
      assert.equal(output.backlog, 0);
    }
    closeSync(fd);
    const once = Array.from({ length: 1000 }, (_, i) => `${i}\n`).join("");
    assert.equal(readFileSync(path, "utf8"), once + once);
  }),
);

test(
  "texts of all lengths across many chunks, sent only at the end",
  inFolder(async (folder) => {
    const path = join(folder, "out");
    const fd = openSync(path, "w");
    const output = descriptorOutput(fd);
    const texts = Array.from({ length: 400 }, (_, i) => `${String(i).repeat(1 + ((i * 37) % 900))}\n`);
    for (const text of texts) output.write(text);
    await output.flush();
    closeSync(fd);
    assert.equal(readFileSync(path, "utf8"), texts.join(""));
  }),
);

test(
  "a reader that does not read shows as backlog, one that leaves as closed",
  inFolder(async (folder) => {
    const path = join(folder, "fifo");
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, "w");
    const output = descriptorOutput(writer);
    output.write("x".repeat(1 << 20));
    output.send();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(output.backlog > 1 << 19, "more than a pipe holds is waiting");
    assert.equal(output.closed, false);
    closeSync(reader);
    await output.flush();
    assert.equal(output.closed, true);
    closeSync(writer);
  }),
);

// The guests keep their promises: outputs apart, the status, files brought back, time limits.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { GuestError, quote, runInGuest } from "./guest.js";

test("a command's output, errors, status and files come back from another kernel", async () => {
  const out = mkdtempSync(path.join(tmpdir(), "sonde-guest-"));
  let stdout = "";
  let stderr = "";
  const script = "uname -r; echo it\\'s an error >&2; seq 1 20000 > /out/numbers; cat /out/numbers; exit 3";
  try {
    const status = await runInGuest("6.12", quote(["bash", "-c", script]), {
      out,
      timeout: 120,
      onStdout: (chunk) => (stdout += chunk),
      onStderr: (chunk) => (stderr += chunk),
    });
    const numbers = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join("");
    assert.equal(status, 3);
    assert.match(stdout.slice(0, stdout.indexOf("\n")), /^6\.12\./);
    assert.equal(stdout.slice(stdout.indexOf("\n") + 1), numbers);
    assert.equal(stderr, "it's an error\n");
    assert.equal(readFileSync(path.join(out, "out/numbers"), "utf8"), numbers);
  } finally {
    rmSync(out, { recursive: true });
  }
});

test("a guest that takes too long is ended and says so", async () => {
  await assert.rejects(runInGuest("6.12", "sleep 60", { timeout: 9 }), (error) => {
    assert.ok(error instanceof GuestError);
    assert.equal(error.timedOut, true);
    assert.match(error.message, /took longer than 9 s/);
    return true;
  });
});

test("a kernel that is not in the table is refused with what there is", async () => {
  await assert.rejects(runInGuest("2.4", "true"), /no kernel "2\.4": choose one of 5\.10, 6\.1, 6\.12, newest/);
});

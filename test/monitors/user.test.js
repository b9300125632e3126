// Monitors of programs: functions of libraries, static probe points.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { root } from "../../tools/lib/environment.js";
import { runSonde } from "../support/sonde.js";
import { eventsOf, ownName, told } from "./support.js";

test("gethostlatency: names that getent asks for", async () => {
  const { comm, file } = ownName("/usr/bin/getent");
  const command = `sh -c 'for i in 1 2 3; do ${file} ahosts localhost; done; ${file} ahosts name.invalid; true'`;
  const lookups = eventsOf(await told("gethostlatency", command), "lookups").filter((event) => event.comm === comm);
  assert.deepEqual(
    lookups.map(({ host, result }) => [host, result === 0]),
    [...Array.from({ length: 3 }, () => ["localhost", true]), ["name.invalid", false]],
  );
  assert.ok(lookups.every(({ latency }) => latency > 0));
});

const sample = path.join(root, "packages/kernel/testdata/usdt-sample");

test("usdtcount: a program that passes its probe point ten times", async () => {
  const place = ["--path", sample, "--provider", "sonde_test", "--point"];
  const lines = await told("usdtcount", `sh -c 'echo x | ${sample}'`, [...place, "plain"]);
  assert.deepEqual(
    lines.map(({ labels, value }) => [labels.provider, labels.point, labels.comm, value]),
    [["sonde_test", "plain", "usdt-sample", 10]],
  );
  const absent = await runSonde(["run", "usdtcount", "-d", "0.1", ...place, "nonsense"]);
  assert.equal(absent.status, 1);
  assert.match(absent.stderr, /sonde_test:nonsense/);
  const nameless = await runSonde(["run", "usdtcount", ...place, ""]);
  assert.equal(nameless.status, 2);
  assert.match(nameless.stderr, /--point: parameter point takes a name, since programs are attached by it/);
});

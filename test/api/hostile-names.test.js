// Names that a watched process chose come out whole in every format, and break none.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { scratch, startPrometheus, queried } from "../support/prometheus.js";
import { fetchText, startAgent } from "../support/services.js";

/** At most 15 bytes, as comm has; no slash, since they are files. */
const names = ['a"} 1\n', "\\", "x\\n\r\t", "# EOF\n", '"},{"', "\x1b[31mred", "é😀", "' OR 1=1;--"];
const notUtf8 = Buffer.from([0x62, 0x61, 0x64, 0xff, 0xfe]);

const monitor = `/*
 * ---
 * help: Programs started
 * metrics: [{ map: "@starts", name: sonde_test_starts, help: h, labels: [comm] }]
 * ---
 */
tracepoint:sched:sched_process_exec { @starts[comm] = count(); }
`;

test("hostile names in text, OpenMetrics, JSON, protobuf and a real Prometheus", async (t) => {
  const monitors = scratch(t);
  writeFileSync(path.join(monitors, "starts.bt"), monitor);
  const agent = await startAgent(t, monitors);
  const folder = scratch(t);
  for (const name of [...names, notUtf8]) {
    const file = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]);
    copyFileSync("/bin/true", file);
    // Node.js gives names to programs as text: the shell starts the one that is none.
    if (typeof name === "string") execFileSync(file.toString());
    else execFileSync("sh", ["-c", `"$1"/bad*`, "sh", folder]);
  }
  const shown = [...names, notUtf8.toString("utf8")];

  const { metrics } = JSON.parse(await fetchText(`${agent.url}/api/v1/metrics?name=sonde_test_starts`));
  /** @type {string[]} */
  const comms = metrics[0].series.map((/** @type {{ labels: { comm: string } }} */ series) => series.labels.comm);
  for (const name of shown)
    assert.ok(comms.includes(name), `${JSON.stringify(name)} is not among ${JSON.stringify(comms)}`);

  const text = await fetchText(`${agent.url}/metrics`);
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  assert.equal(`${stdout}${stderr}`, "");
  assert.equal(status, 0);

  // It asks for OpenMetrics; with native histograms for protobuf.
  for (const options of [[], ["--enable-feature=native-histograms"]]) {
    const prometheus = await startPrometheus(t, { targets: [agent.address], options });
    assert.equal(await queried(prometheus, "up", (value) => value === "1"), "1");
    for (const name of names) {
      const query = `sonde_test_starts_total{comm=${JSON.stringify(name)}}`;
      assert.equal(await queried(prometheus, query), "1", query);
    }
    // Prometheus keeps U+FFFD, but takes none in a query.
    assert.equal(await queried(prometheus, 'sonde_test_starts_total{comm=~"bad.."}'), "1");
  }
});

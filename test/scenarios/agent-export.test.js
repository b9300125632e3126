// What the agent counts arrives unchanged in real servers, by every road there is.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../tools/lib/environment.js";
import { queried, scratch, startPrometheus, startVictoriaMetrics } from "../support/prometheus.js";
import { fetchText, startAgent } from "../support/services.js";
import { ddCommand } from "../support/sonde.js";

/** Like dd, but nobody else on this machine is called so. */
const program = `dd-${process.pid}`;
const monitor = `/*
 * ---
 * help: Writes of one program
 * metrics:
 *   - { map: "@writes", name: sonde_test_writes, help: Calls of write(2), labels: [comm] }
 *   - { map: "@sizes", name: sonde_test_write_size_bytes, help: Bytes that one write was asked to write, unit: bytes }
 * ---
 */
tracepoint:syscalls:sys_enter_write /comm == "${program}"/ { @writes[comm] = count(); @sizes = hist(args.count); }
`;
const writes = 12_345;

/** @param {import("node:test").TestContext} context */
function monitors(context) {
  const directory = scratch(context);
  writeFileSync(path.join(directory, "writes.bt"), monitor);
  return directory;
}

/** So many writes of a byte, and a hundred of 4096 bytes. @param {import("node:test").TestContext} context */
function write(context) {
  const file = path.join(scratch(context), program);
  copyFileSync("/usr/bin/dd", file);
  execFileSync(file, ddCommand(writes).slice(1));
  execFileSync(file, ["if=/dev/zero", "of=/dev/null", "bs=4096", "count=100", "status=none"]);
}

for (const [name, start, endpoint] of /** @type {const} */ ([
  [
    "Prometheus",
    (/** @type {import("node:test").TestContext} */ t) =>
      startPrometheus(t, { options: ["--web.enable-remote-write-receiver"] }),
    "/api/v1/write",
  ],
  ["VictoriaMetrics", startVictoriaMetrics, "/api/v1/write"],
])) {
  test(`remote write into ${name}: counts, histograms, labels`, async (t) => {
    const server = await start(t);
    const options = ["--remote-write", `${server}${endpoint}`, "--push-interval", "1", "--push-label", "instance=here"];
    await startAgent(t, monitors(t), options);
    write(t);
    const wanted = String(writes + 100);
    const labels = 'job="sonde",instance="here"';
    const is = (/** @type {string} */ value) => value === wanted;
    assert.equal(await queried(server, `sonde_test_writes_total{comm="${program}",${labels}}`, is), wanted);
    assert.equal(await queried(server, `sonde_test_write_size_bytes_count{${labels}}`, is), wanted);
    assert.equal(await queried(server, `sonde_test_write_size_bytes_bucket{le="1"}`), String(writes));
    assert.equal(await queried(server, "sonde_test_write_size_bytes_sum"), String(writes + 100 * 4096));
    assert.equal(await queried(server, 'sonde_push_lost_items_total{reason="refused"}'), "0");
  });
}

test("Prometheus takes native histograms and finds the same quantiles in them", async (t) => {
  const agent = await startAgent(t, monitors(t));
  write(t);
  const prometheus = await startPrometheus(t, {
    targets: [agent.address],
    options: ["--enable-feature=native-histograms"],
  });
  const wanted = String(writes + 100);
  assert.equal(await queried(prometheus, "histogram_count(sonde_test_write_size_bytes)"), wanted);
  assert.equal(await queried(prometheus, "histogram_sum(sonde_test_write_size_bytes)"), String(writes + 100 * 4096));
  // Of a write of one byte: the bucket (0.5, 1]; of 4096 bytes, which hist() counts in [4096, 8192): (4096, 8192].
  const share = await queried(prometheus, "histogram_fraction(0.5, 1, sonde_test_write_size_bytes)");
  assert.ok(Math.abs(Number(share) - writes / (writes + 100)) < 1e-9, share);
  const large = await queried(prometheus, "histogram_fraction(4096, 8192, sonde_test_write_size_bytes)");
  assert.ok(Math.abs(Number(large) - 100 / (writes + 100)) < 1e-9, large);
});

test("a live stream carries each event to curl as it happens, as events and as lines", async (t) => {
  const directory = scratch(t);
  const script = `/*
 * ---
 * help: Programs started
 * metrics: [{ map: "@n", name: sonde_test_starts, help: h }]
 * ---
 */
tracepoint:sched:sched_process_exec /comm == "true"/ { @n = count(); printf("%s started\\n", comm); }
`;
  writeFileSync(path.join(directory, "starts.bt"), script);
  const agent = await startAgent(t, directory);
  for (const [accept, pattern] of /** @type {const} */ ([
    ["text/event-stream", /^data: (\{.*\})$/m],
    ["application/x-ndjson", /^(\{.*\})$/m],
  ])) {
    const stop = new AbortController();
    const answer = await fetch(`${agent.url}/api/v1/streams/starts`, { headers: { accept }, signal: stop.signal });
    assert.equal(answer.headers.get("content-type"), accept);
    assert.ok(answer.body);
    execFileSync("true");
    let text = "";
    for await (const piece of answer.body) {
      text += Buffer.from(piece).toString();
      if (pattern.test(text)) break;
    }
    stop.abort();
    const event = JSON.parse(pattern.exec(text)?.[1] ?? "");
    assert.deepEqual([event.monitor, event.fields], ["starts", { text: "true started" }]);
  }
  let metrics = "";
  for (let attempt = 0; attempt < 50 && !/^sonde_stream_readers\{stream="starts"\} 0$/m.test(metrics); attempt++) {
    await sleep(100);
    metrics = await fetchText(`${agent.url}/metrics`);
  }
  assert.match(metrics, /^sonde_stream_readers\{stream="starts"\} 0$/m);
});

test("a histogram's exemplars are the last events of its stream, in OpenMetrics and in Prometheus", async (t) => {
  const directory = scratch(t);
  const source = `
    import { decode, exp2, histogram, monitor, stream, tracepoint } from "sonde/probe";
    monitor("sizes", { help: "Sizes of writes" });
    const writes = stream("large_writes", { size: decode.bytes, pid: decode.pid, comm: decode.comm });
    const sizes = histogram("sonde_test_size_bytes", {
      help: "Bytes",
      unit: "bytes",
      buckets: exp2(0, 20),
      labels: { comm: decode.comm },
      exemplars: { from: writes, value: "size" },
    });
    tracepoint("syscalls:sys_enter_write", ({ count }) => {
      if (count < 70001 || count > 70003) return;
      sizes.observe(count);
      writes.emit({ size: count });
    });
  `;
  const file = path.join(scratch(t), "sizes.ts");
  writeFileSync(file, source);
  execFileSync(path.join(root, "bin/sonde"), ["build", "-q", "-o", path.join(directory, "sizes.o"), file]);
  const agent = await startAgent(t, directory);
  const own = path.join(scratch(t), program);
  copyFileSync("/usr/bin/dd", own);
  const dd = spawn(own, ["if=/dev/zero", "of=/dev/null", "bs=70002", "count=3", "status=none"]);
  await new Promise((resolve) => dd.once("close", resolve));

  const accept = "application/openmetrics-text";
  const wanted = new RegExp(
    `^sonde_test_size_bytes_bucket\\{comm="${program}",le="131071"\\} 3 # \\{pid="${dd.pid}"\\} 70002 \\d+\\.\\d{3}$`,
    "m",
  );
  let text = "";
  for (let attempt = 0; attempt < 50 && !wanted.test(text); attempt++) {
    await sleep(100);
    text = await fetchText(`${agent.url}/metrics`, { headers: { accept } });
  }
  assert.match(text, wanted);
  const prometheus = await startPrometheus(t, {
    targets: [agent.address],
    options: ["--enable-feature=exemplar-storage"],
  });
  assert.equal(await queried(prometheus, `sonde_test_size_bytes_count{comm="${program}"}`), "3");
  const query = encodeURIComponent(`sonde_test_size_bytes_bucket{comm="${program}"}`);
  const found = JSON.parse(
    await fetchText(`${prometheus}/api/v1/query_exemplars?query=${query}&start=0&end=9999999999`),
  );
  const [series] = found.data;
  assert.deepEqual([series.exemplars[0].labels, series.exemplars[0].value], [{ pid: String(dd.pid) }, "70002"]);
});

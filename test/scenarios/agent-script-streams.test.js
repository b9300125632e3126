// What a script prints as a stream with fields, and as exemplars of its histogram.
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { scratch } from "../support/prometheus.js";
import { fetchText, startAgent } from "../support/services.js";

const LINE = /^(\{.*\})$/m;
const program = `dd-${process.pid}`;
const script = `/*
 * ---
 * help: Sizes of writes
 * metrics:
 *   - map: "@sizes"
 *     name: sonde_test_size_bytes
 *     help: Bytes
 *     unit: bytes
 *     labels: [comm]
 *     exemplars: { from: large_writes, value: size }
 * streams:
 *   - name: large_writes
 *     help: Writes of more than 4 kB
 *     printf: "large "
 *     fields: [comm, size, { name: fd, values: { 1: standard output } }]
 * ---
 */
tracepoint:syscalls:sys_enter_write /comm == "${program}"/
{
	@sizes[comm] = hist(args.count);
	if (args.count > 4096) {
		printf("large %s %d %d\\n", comm, args.count, args.fd);
	} else {
		printf("small %d\\n", args.count);
	}
}
`;

test("a printf() that the header names is a stream with fields, its values exemplars; other lines stay lines", async (t) => {
  const directory = scratch(t);
  const file = path.join(directory, program);
  copyFileSync("/usr/bin/dd", file);
  writeFileSync(path.join(directory, "sizes.bt"), script);
  const agent = await startAgent(t, directory);
  /** @param {string} stream */
  const firstOf = async (stream) => {
    const stop = new AbortController();
    const headers = { accept: "application/x-ndjson" };
    const answer = await fetch(`${agent.url}/api/v1/streams/${stream}`, { headers, signal: stop.signal });
    assert.ok(answer.body);
    execFileSync(file, ["if=/dev/zero", "of=/dev/null", "bs=70002", "count=1", "status=none"]);
    execFileSync(file, ["if=/dev/zero", "of=/dev/null", "bs=10", "count=1", "status=none"]);
    let text = "";
    for await (const piece of answer.body) {
      text += Buffer.from(piece).toString();
      if (LINE.test(text)) break;
    }
    stop.abort();
    return JSON.parse(LINE.exec(text)?.[1] ?? text);
  };
  const { monitor, fields } = await firstOf("large_writes");
  assert.deepEqual([monitor, fields], ["sizes", { comm: program, size: 70002, fd: "standard output" }]);
  assert.deepEqual((await firstOf("sizes")).fields, { text: "small 10" });
  const headers = { accept: "application/openmetrics-text" };
  const text = await (await fetch(`${agent.url}/metrics`, { headers })).text();
  const bucket = text.split("\n").find((line) => line.includes('le="131071.0"') || line.includes('le="131071"'));
  assert.match(
    bucket ?? text,
    /^sonde_test_size_bytes_bucket\{comm="dd-\d+",le="131071(\.0)?"\} 4 # \{fd="standard output"\} 70002 /,
  );

  // A stream that the script does not print is refused with what it prints.
  const request = { method: "POST", body: script.replace('"large "', '"huge "') };
  const refused = await fetch(`${agent.url}/api/v1/monitors/sizes/upgrade?file=sizes.bt`, request);
  const { reason } = /** @type {{ reason: string }} */ (await refused.json());
  assert.match(
    reason,
    /stream large_writes: no printf\(\) begins with "huge "; there are "large %s %d %d\\n", "small %d\\n"/,
  );
  assert.match(await fetchText(`${agent.url}/metrics`), /^sonde_test_size_bytes_count\{comm="dd-\d+"\} 4$/m);
});

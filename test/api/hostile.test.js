// Ten thousand requests that are broken, huge, slow or simultaneous: each gets its error, and nothing is left.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { scratch } from "../support/prometheus.js";
import { fetchText, startAgent } from "../support/services.js";

const REQUESTS = 10_000;
const monitor = `/*
 * ---
 * help: Programs started
 * metrics: [{ map: "@n", name: sonde_test_starts, help: h, labels: [comm] }]
 * ---
 */
tracepoint:sched:sched_process_exec { @n[comm] = count(); }
`;
const long = "x".repeat(10_000);
const deep = "[".repeat(100_000);

/**
 * Method, path, headers, body, and what may be answered.
 * @type {readonly (readonly [string, string, Record<string, string>, string | undefined, readonly number[]])[]}
 */
const broken = [
  ["GET", "/nothing", {}, undefined, [404]],
  ["GET", `/${long}`, {}, undefined, [404]],
  ["GET", "/api/v1/monitors/%00", {}, undefined, [400, 404]],
  ["GET", "/api/v1/monitors/..%2f..%2fetc%2fpasswd", {}, undefined, [400, 404]],
  ["GET", "/api/v1/monitors/%ff%fe", {}, undefined, [400, 404]],
  ["GET", "/api/v1/monitors/absent", {}, undefined, [404]],
  ["POST", "/api/v1/monitors/absent/enable", {}, undefined, [404, 429]],
  ["POST", "/api/v1/monitors/starts/enable", { host: "evil.example" }, undefined, [403]],
  ["POST", "/api/v1/monitors/starts/disable", { origin: "http://evil.example" }, undefined, [403]],
  ["DELETE", "/api/v1/monitors", {}, undefined, [404, 405]],
  ["GET", "/api/v1/history", {}, undefined, [400]],
  ["GET", "/api/v1/history?metric=a%20b", {}, undefined, [400]],
  ["GET", "/api/v1/history?metric=a&since=yesterday", {}, undefined, [400]],
  ["GET", `/api/v1/history?metric=${"a".repeat(300)}`, {}, undefined, [400]],
  ["GET", "/api/v1/history?metric=absent&limit=-1", {}, undefined, [400]],
  ["GET", "/api/v1/metrics?name=absent", {}, undefined, [404]],
  ["GET", "/api/v1/metrics?name=__proto__", {}, undefined, [404]],
  ["GET", "/api/v1/streams/absent", {}, undefined, [404]],
  ["GET", "/metrics?created=perhaps", {}, undefined, [400]],
  ["GET", "/metrics", { accept: `${"text/plain;q=0.1,".repeat(700)}x` }, undefined, [200]],
  ["GET", "/metrics", { "accept-encoding": "gzip;q=x,".repeat(900) }, undefined, [200]],
  ["GET", "/metrics", { "x-large": "y".repeat(20_000) }, undefined, [431]],
  ["POST", "/metrics", { "content-type": "application/json" }, deep, [404, 405]],
  [
    "POST",
    "/api/v1/monitors/starts/upgrade",
    { "content-type": "application/x-object" },
    "\x7fELF",
    [400, 415, 422, 429],
  ],
  ["POST", "/api/v1/monitors/starts/upgrade", { "content-type": "application/json" }, deep, [400, 415, 422, 429]],
];

test(`${REQUESTS} broken, huge and simultaneous requests are answered by errors, and leave nothing behind`, async (t) => {
  const directory = scratch(t);
  writeFileSync(path.join(directory, "starts.bt"), monitor);
  const agent = await startAgent(t, directory, ["--token-file", token(directory)]);
  const port = Number(agent.address.split(":")[1]);
  await fetchText(`${agent.url}/metrics`);
  const before = state(agent.pid);

  const pool = new Agent({ keepAlive: true, maxSockets: 40 });
  let at = 0;
  const workers = Array.from({ length: 40 }, async () => {
    while (at < REQUESTS) {
      const one = broken[at++ % broken.length];
      assert.ok(one);
      const [method, place, headers, body, statuses] = one;
      const answer = await ask(pool, port, method, place, headers, body);
      const refused = method !== "GET" && (answer.status === 401 || answer.status === 429);
      assert.ok(
        statuses.includes(answer.status) || refused,
        `${method} ${place.slice(0, 80)} answered ${answer.status}: ${answer.text.slice(0, 200)}`,
      );
      if (answer.status >= 400 && answer.status !== 431)
        assert.equal(typeof JSON.parse(answer.text).error, "string", `${method} ${place.slice(0, 80)}`);
    }
  });
  await Promise.all(workers);
  pool.destroy();

  await settled(agent, before);
});

test("who sends slowly, half or garbage is let go of, and others are served meanwhile", async (t) => {
  const directory = scratch(t);
  writeFileSync(path.join(directory, "starts.bt"), monitor);
  const agent = await startAgent(t, directory);
  const port = Number(agent.address.split(":")[1]);
  await fetchText(`${agent.url}/metrics`);
  const before = state(agent.pid);

  const slow = Array.from({ length: 100 }, () =>
    socketWith(port, "GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: "),
  );
  const unread = Array.from({ length: 20 }, () => socketWith(port, "GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"));
  for (const { socket } of unread) socket.pause();
  const garbage = Array.from({ length: 50 }, (_, i) =>
    socketWith(port, Buffer.from(Array.from({ length: 200 }, (_, j) => (i * 31 + j * 17) % 256))),
  );
  const started = Date.now();
  await fetchText(`${agent.url}/metrics`);
  assert.ok(Date.now() - started < 5000, "a scrape beside them takes its time");
  // A byte every second keeps no connection open for longer than headers may take.
  for (let second = 0; second < 16 && slow.some(({ open }) => open()); second++) {
    for (const { socket } of slow) if (!socket.destroyed) socket.write("y");
    await sleep(1000);
  }
  assert.equal(slow.filter(({ open }) => open()).length, 0, "slow senders are still connected");
  assert.equal(garbage.filter(({ open }) => open()).length, 0, "who sends garbage is still connected");
  for (const { socket } of unread) socket.destroy();
  await settled(agent, before);
});

/** @param {string} directory */
function token(directory) {
  const file = path.join(directory, "token");
  writeFileSync(file, "a-token-of-this-test", { mode: 0o600 });
  return file;
}

/** @param {Agent} pool @param {number} port @param {string} method @param {string} place @param {Record<string, string>} headers @param {string | undefined} body @returns {Promise<{ status: number, text: string }>} */
function ask(pool, port, method, place, headers, body) {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, method, path: place, headers, agent: pool }, (response) => {
      let text = "";
      response.on("data", (piece) => (text += piece));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.once("error", reject);
    });
    call.once("error", (/** @type {NodeJS.ErrnoException} */ error) =>
      // What was answered before all of the request was read may be cut off.
      error.code === "ECONNRESET" || error.code === "EPIPE" ? resolve({ status: 431, text: "" }) : reject(error),
    );
    call.end(body);
  });
}

/** @param {number} port @param {string | Buffer} text */
function socketWith(port, text) {
  const socket = connect(port, "127.0.0.1", () => socket.write(text));
  let closed = false;
  socket.on("error", () => {}).on("close", () => (closed = true));
  socket.resume();
  return { socket, open: () => !closed };
}

/** @param {number} pid */
function state(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1]),
    megabytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024,
  };
}

/** The agent serves as before, with the descriptors and about the memory that it had. @param {{ pid: number, url: string }} agent @param {ReturnType<typeof state>} before */
async function settled(agent, before) {
  let now = state(agent.pid);
  for (let attempt = 0; attempt < 60 && now.descriptors > before.descriptors + 2; attempt++) {
    await sleep(250);
    now = state(agent.pid);
  }
  assert.ok(
    now.descriptors <= before.descriptors + 2,
    `${before.descriptors} descriptors before, ${now.descriptors} after`,
  );
  assert.ok(now.megabytes < before.megabytes + 60, `${before.megabytes} MB before, ${now.megabytes} after`);
  assert.match(await fetchText(`${agent.url}/metrics`), /^sonde_monitor_state\{monitor="starts",state="on"\} 1$/m);
}

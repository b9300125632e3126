import assert from "node:assert/strict";
import { test } from "node:test";
import { scalarFamily } from "../exposition/family.ts";
import { History } from "../history/history.ts";
import { Readings } from "../metrics/readings.ts";
import type { MonitorStatus } from "../monitor/status.ts";
import { StreamHub } from "../streams/hub.ts";
import { type AgentFace, UnknownMonitorError } from "./agent-face.ts";
import type { AccessRules } from "./access.ts";
import { createApp } from "./app.ts";
import type { Services } from "./services.ts";
import { oneStep } from "../turns.ts";

function agentOf(monitors: MonitorStatus[], ready = true): AgentFace {
  const change = (name: string, state: "on" | "off"): Promise<MonitorStatus> => {
    const index = monitors.findIndex((m) => m.name === name);
    if (index < 0)
      return Promise.reject(
        new UnknownMonitorError(
          name,
          monitors.map((m) => m.name),
        ),
      );
    monitors[index] = { ...monitors[index]!, state };
    return Promise.resolve(monitors[index]);
  };
  return {
    list: () => monitors,
    enable: (name) => change(name, "on"),
    disable: (name) => change(name, "off"),
    show: (name) => monitors.find((m) => m.name === name)!,
    upgrade: (name) => change(name, "on"),
    rollback: (name) => change(name, "on"),
    setParam: (name) => change(name, "on"),
    logs: () => [],
    remove: () => Promise.resolve(),
    ready,
  };
}

function services(agent: AgentFace): Services {
  return {
    agent,
    version: "0",
    readings: new Readings(() => oneStep(() => [scalarFamily("gauge", { name: "up", help: "h" }, [["", 1]])])),
    history: new History({ memory: 1 << 20, interval: 5000 }),
    streams: new StreamHub(() => []),
  };
}

function appOf(
  agent: AgentFace,
  token: string | undefined,
  more: Partial<AccessRules> = {},
): ReturnType<typeof createApp> {
  return createApp(services(agent), { token, certificates: false, protectReading: false, ...more });
}

const monitor = (name: string): MonitorStatus => ({
  name,
  help: "<b>",
  state: "on",
  since: "2026-01-01T00:00:00.000Z",
  metrics: [],
  params: [],
  capabilities: [],
  lost: { ringFull: 0, mapFull: 0, stackLost: 0, stackIncomplete: 0 },
  missed: 0,
  overflows: 0,
  series: 0,
  trips: 0,
  budget: { cpu: 0.25 },
});
const local = { incoming: { socket: { remoteAddress: "127.0.0.1" } } };
const remote = { incoming: { socket: { remoteAddress: "192.0.2.7" } } };
const post = (headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { host: "127.0.0.1:9435", ...headers },
});

test("metrics in the format that was asked for", async () => {
  const app = appOf(agentOf([]), undefined);
  const plain = await app.request("/metrics");
  assert.equal(plain.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.match(await plain.text(), /^up 1$/m);
  const open = await app.request("/metrics", { headers: { accept: "application/openmetrics-text; version=1.0.0" } });
  assert.match(open.headers.get("content-type") ?? "", /^application\/openmetrics-text/);
  assert.match(await open.text(), /# EOF\n$/);
});

test("monitors are listed, shown, switched", async () => {
  const app = appOf(agentOf([monitor("tcp")]), undefined);
  const list = (await (await app.request("/api/v1/monitors")).json()) as { monitors: MonitorStatus[] };
  assert.deepEqual(
    list.monitors.map((m) => m.name),
    ["tcp"],
  );
  const off = await app.request("/api/v1/monitors/tcp/disable", post(), local);
  assert.equal(off.status, 200);
  assert.equal(((await (await app.request("/api/v1/monitors/tcp")).json()) as MonitorStatus).state, "off");
  const unknown = await app.request("/api/v1/monitors/udp/enable", post(), local);
  assert.equal(unknown.status, 404);
  assert.match(((await unknown.json()) as { error: string }).error, /no monitor 'udp'; there are tcp/);
});

test("changes are for this machine, or for whoever has the token", async () => {
  const open = appOf(agentOf([monitor("tcp")]), undefined);
  const closed = appOf(agentOf([monitor("tcp")]), "s3cret");
  const status = async (app: typeof open, init: RequestInit, env: object): Promise<number> =>
    (await app.request("/api/v1/monitors/tcp/disable", init, env)).status;
  assert.equal(await status(open, post(), remote), 403);
  assert.equal(await status(open, post({ origin: "http://evil.example" }), local), 403);
  assert.equal(await status(open, post({ host: "evil.example:9435" }), local), 403);
  assert.equal(await status(open, post({ origin: "http://127.0.0.1:9435" }), local), 200);
  assert.equal(await status(closed, post(), local), 401);
  assert.equal(await status(closed, post({ authorization: "Bearer wrong" }), local), 403);
  assert.equal(await status(closed, post({ authorization: "Bearer s3cret" }), remote), 200);
});

test("readiness waits for the monitors and names those that failed", async () => {
  const failed: MonitorStatus = { ...monitor("io"), state: "failed", reason: "no such tracepoint" };
  assert.equal((await appOf(agentOf([], false), undefined).request("/readyz")).status, 503);
  const ready = await appOf(agentOf([failed]), undefined).request("/readyz");
  assert.equal(ready.status, 200);
  assert.match(await ready.text(), /io failed: no such tracepoint/);
});

test("the index page escapes what monitors say", async () => {
  const text = await (await appOf(agentOf([monitor("tcp")]), undefined).request("/")).text();
  assert.match(text, /&lt;b&gt;/);
});

test("changes come at a bounded rate, and so do wrong tokens; reading goes on", async () => {
  const app = appOf(agentOf([monitor("tcp")]), "s3cret");
  const statuses = async (authorization: string, count: number): Promise<Set<number>> => {
    const found = new Set<number>();
    for (let i = 0; i < count; i++)
      found.add((await app.request("/api/v1/monitors/tcp/disable", post({ authorization }), local)).status);
    return found;
  };
  assert.deepEqual(await statuses("Bearer wrong", 30), new Set([403, 429]));
  assert.deepEqual(await statuses("Bearer s3cret", 100), new Set([200, 429]));
  assert.equal((await app.request("/api/v1/monitors")).status, 200);
});

test("bodies are read to their limit, as deep as theirs, and in the types that they are in", async () => {
  const app = appOf(agentOf([monitor("tcp")]), undefined);
  const put = async (body: string, type: string): Promise<[number, string]> => {
    const init = { method: "PUT", headers: { host: "127.0.0.1:9435", "content-type": type }, body };
    const answer = await app.request("/api/v1/monitors/tcp/params/p", init, local);
    return [answer.status, ((await answer.json()) as { error: string }).error];
  };
  const table: readonly (readonly [string, string, number, RegExp])[] = [
    ["x".repeat(5000), "application/json", 413, /larger than 4096 bytes/],
    ["[".repeat(100), "application/json", 400, /nested more than 32 levels/],
    ['{"value": ', "application/json", 400, /is no JSON/],
    ['{"value": [1]}', "application/json", 400, /the body is not right at 'value'/],
    ["", "application/json", 400, /has no body/],
    ["<value/>", "text/xml", 415, /'text\/xml' is not understood; send application\/json/],
  ];
  for (const [body, type, status, message] of table) {
    const [found, error] = await put(body, type);
    assert.equal(found, status, error);
    assert.match(error, message);
  }
});

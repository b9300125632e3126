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
    families: () => [scalarFamily("gauge", { name: "up", help: "h" }, [["", 1]])],
    ready,
  };
}

function services(agent: AgentFace): Services {
  return {
    agent,
    version: "0",
    readings: new Readings(() => agent.families()),
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
  lost: { ringFull: 0, mapFull: 0, stackLost: 0 },
  missed: 0,
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

import { serve } from "@hono/node-server";
import { openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { pino } from "pino";
import { createApp } from "./http/app.ts";
import { History } from "./history/history.ts";
import { Readings } from "./metrics/readings.ts";
import { Monitors } from "./monitors.ts";
import { StreamHub } from "./streams/hub.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface AgentOptions {
  /** An address or a name of this machine; "::" for all. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where the monitors' files are. */
  readonly directory: string;
  /** Names of the monitors to switch on; undefined: those whose header does not say otherwise. */
  readonly only: readonly string[] | undefined;
  /** What a change must present; undefined: only this machine may change anything. */
  readonly token: string | undefined;
  /** Bytes for the last hour of every metric. */
  readonly historyMemory: number;
  readonly version: string;
  readonly logLevel: LogLevel;
}

export interface Agent {
  /** http://HOST:PORT */
  readonly url: string;
  /** Switches every monitor off and closes the port. */
  stop(): Promise<void>;
}

/** Milliseconds between the samples of history. */
const SAMPLE_INTERVAL = 5000;

/**
 * Start the agent: it answers at once, and switches its monitors on one after the other.
 * @throws {Error} the address is in use, the directory cannot be read, a name in `only` is unknown
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const log = pino({ level: options.logLevel, base: null });
  const kernel = openKernel();
  const monitors = new Monitors(options.directory, options.version, {
    kernel,
    target: runningTarget({ kernel }),
    onChange: ({ name, state, reason }) =>
      log[state === "failed" ? "error" : "info"]({ monitor: name, state, reason }, `monitor ${name} is ${state}`),
  });
  const streams = new StreamHub(() => monitors.views());
  const history = new History({ memory: options.historyMemory, interval: SAMPLE_INTERVAL });
  const readings = new Readings(function* () {
    yield* monitors.families();
    yield* streams.families();
    yield* history.families();
  });
  history.start(readings);
  const app = createApp({ agent: monitors, readings, history, streams }, { token: options.token });
  const { server, url } = await listen(app, options);
  log.info({ url, monitors: options.directory }, `listening on ${url}: metrics at ${url}/metrics`);
  const stop = async (): Promise<void> => {
    history.stop();
    await monitors.stop();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
    log.info("stopped");
  };
  try {
    await monitors.start(options.only);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

type Server = ReturnType<typeof serve>;

function listen(
  app: ReturnType<typeof createApp>,
  { host, port }: AgentOptions,
): Promise<{ server: Server; url: string }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, (address) => {
      const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
      resolve({ server, url: `http://${name}:${address.port}` });
    });
    server.once("error", (error) =>
      reject(new Error(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error })),
    );
  });
}

import { existsSync, readdirSync } from "node:fs";
import { removePinTree } from "@sonde/kernel/handover";
import { openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { pino } from "pino";
import { CostWatch } from "./budget/cost-watch.ts";
import { collectGarbage } from "./budget/garbage.ts";
import { type SelfLimits, SelfWatch } from "./budget/self-watch.ts";
import { budgetFamilies } from "./budget/families.ts";
import { startData } from "./data.ts";
import type { Family } from "./exposition/family.ts";
import { createApp } from "./http/app.ts";
import { listen, type TlsFiles } from "./http/listen.ts";
import { type EnabledConfig, exporterFamilies } from "./ebpf-exporter/self.ts";
import { exporterSource } from "./ebpf-exporter/source.ts";
import type { KubernetesOptions } from "./identity/kubernetes/follow.ts";
import { IdentityService } from "./identity/service.ts";
import type { Monitor } from "./monitor/monitor.ts";
import { Monitors } from "./monitors.ts";
import type { PushOptions } from "./push/options.ts";
import { selfFamilies } from "./self.ts";
import { missingCapabilities } from "./security/capabilities.ts";
import { TrustedKeys } from "./security/signatures.ts";
import { openStateDirectory } from "./state/directory.ts";
import { FileStore, MemoryStore } from "./state/store.ts";
import type { Steps } from "./turns.ts";
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
  /** Where what is on, its versions and its parameters are kept; what runs is pinned then, and outlives the agent. */
  readonly state: string | undefined;
  /** What the agent itself may take. */
  readonly limits: SelfLimits;
  /** Milliseconds that a new version of a monitor must do well before the one before it is let go of. */
  readonly healthWindow: number;
  /** What a change must present; undefined: a certificate, or without those only this machine may change anything. */
  readonly token: string | undefined;
  /** Reading needs the token or a certificate too. */
  readonly protectReading: boolean;
  /** Undefined: plain HTTP. */
  readonly tls: TlsFiles | undefined;
  /** A directory of public keys: only what they signed is loaded. Undefined: everything is. */
  readonly trustedKeys: string | undefined;
  /** Bytes for the last hour of every metric. */
  readonly historyMemory: number;
  /** Undefined: nothing is sent. */
  readonly push: Omit<PushOptions, "version" | "report"> | undefined;
  /** Who is asked for pods. */
  readonly kubernetes: KubernetesOptions;
  /** What stands before the machine's /run and /var/lib: "" unless they are seen elsewhere. */
  readonly hostRoot: string;
  readonly version: string;
  readonly logLevel: LogLevel;
}

export interface Agent {
  /** http://HOST:PORT */
  readonly url: string;
  /**
   * Closes the port. With a state directory what is pinned goes on, for the next agent to take up, unless
   * `detach` is set; without one nothing stays in the kernel.
   */
  stop(detach: boolean): Promise<void>;
}

/** Share of one CPU that a monitor may cost unless its file says otherwise. */
const CPU_BUDGET = 0.25;

/**
 * Start the agent: it answers at once, and switches its monitors on one after the other.
 * @throws {Error} the address is in use, another agent has the state directory, the directory cannot be read, a name in `only` is unknown
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const log = pino({ level: options.logLevel, base: null });
  const kernel = openKernel();
  for (const message of missingCapabilities()) log.warn(message);
  const state = options.state === undefined ? undefined : openStateDirectory(kernel, options.state);
  const target = runningTarget({ kernel });
  const { kubernetes, hostRoot: root } = options;
  const identity = new IdentityService({
    kernel,
    target,
    kubernetes,
    root,
    log: (level, message) => log[level](message),
  });
  const streams = new StreamHub(
    () => monitors.views(),
    identity.decoders,
    (monitor, stream) => monitors.observer(monitor, stream),
  );
  const monitors: Monitors = new Monitors(options.directory, {
    kernel,
    target,
    store: state === undefined ? new MemoryStore() : new FileStore(state.path, (message) => log.warn(message)),
    ...(state !== undefined && { pins: state.pins }),
    identity,
    ...(options.trustedKeys !== undefined && { trusted: TrustedKeys.read(options.trustedKeys) }),
    healthWindow: options.healthWindow,
    cpuBudget: CPU_BUDGET,
    warn: (message) => log.warn(message),
    onChange: ({ name, state: now, reason }) =>
      log[now === "failed" || now === "tripped" ? "error" : "info"](
        { monitor: name, state: now, reason },
        `monitor ${name} is ${now}`,
      ),
    onEvent: (monitor, stream, values) => streams.publish(monitor, stream, values),
    onPrint: (monitor, line) => streams.print(monitor, line),
  });
  const costs = new CostWatch({ kernel, monitors: () => monitors.all, warn: (message) => log.warn(message) });
  const self = new SelfWatch({
    limits: options.limits,
    monitors: () => monitors.all,
    collect: collectGarbage,
    economize: (on, reason) => {
      log.warn({ economy: on }, `${reason}: history is ${on ? "stopped" : "kept again"}`);
      if (on) data.history.stop();
      else if (options.historyMemory > 0) data.history.start(data.readings);
    },
  });
  const watched = {
    *families(): Steps<Family[]> {
      const started = performance.now();
      const families = yield* monitors.families();
      const list = monitors.list();
      return [
        ...families,
        ...selfFamilies(list, options.version, started),
        ...identity.families(),
        ...exporterFamilies(kernel, enabledConfigs(monitors.all)),
        ...budgetFamilies(list, options.limits, self.economy),
      ];
    },
  };
  const data = await startData(watched, streams, {
    historyMemory: options.historyMemory,
    push: options.push && {
      ...options.push,
      version: options.version,
      report: (level, message) => log[level](message),
    },
  });
  const app = createApp(
    { agent: monitors, version: options.version, ...data },
    {
      token: options.token,
      certificates: options.tls?.clientAuthority !== undefined,
      protectReading: options.protectReading,
    },
  );
  const { server, url } = await listen(app, options);
  log.info({ url, monitors: options.directory, state: state?.path }, `listening on ${url}: metrics at ${url}/metrics`);
  const stop = async (detach: boolean): Promise<void> => {
    costs.stop();
    self.stop();
    await data.stop();
    await monitors.stop(detach || state === undefined);
    identity.stop();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    if (detach && state !== undefined) removePinTree(state.pins);
    state?.close();
    log.info(
      detach || state === undefined
        ? "stopped"
        : "stopped; what was on stays attached for the next start (`sonde agent --state DIR --detach` ends it)",
    );
  };
  try {
    await monitors.start(options.only);
  } catch (error) {
    await stop(false);
    throw error;
  }
  costs.start();
  self.start();
  // Of what compiling and loading left behind.
  collectGarbage();
  return { url, stop };
}

/**
 * Ends what an agent with this state directory left attached; figures that it kept in the kernel are gone.
 * Returns of how many monitors. @throws {Error} an agent is running with it
 */
export function detachAgent(directory: string): number {
  const state = openStateDirectory(openKernel(), directory);
  try {
    const count = existsSync(state.pins) ? readdirSync(state.pins).length : 0;
    removePinTree(state.pins);
    return count;
  } finally {
    state.close();
  }
}

/** Those of ebpf_exporter's kind. */
function enabledConfigs(monitors: Iterable<Monitor>): readonly EnabledConfig[] {
  return [...monitors].filter(({ status }) => status.version?.file.endsWith(exporterSource.suffix));
}

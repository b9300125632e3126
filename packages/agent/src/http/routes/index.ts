/** Every operation of the API. A new one is a file here and a line below. */
import type { Route } from "../route.ts";
import { disableMonitor, enableMonitor, rollBackMonitor, setMonitorParam, upgradeMonitor } from "./switch-monitor.ts";
import { agentInfo } from "./agent-info.ts";
import { history } from "./history.ts";
import { livez, readyz } from "./health.ts";
import { indexRoute } from "./index-page.ts";
import { metrics } from "./metrics.ts";
import { metadataJson, metricsJson } from "./metrics-json.ts";
import { listMonitors, monitorLogs, removeMonitor, showMonitor } from "./monitors.ts";
import { openapiJson } from "./openapi-json.ts";
import { listStreams, readStream } from "./streams.ts";

/** A function, not a table: nothing is built when a module is loaded. */
export function routes(): readonly Route[] {
  return [
    indexRoute(),
    livez(),
    readyz(),
    metrics(),
    listMonitors(),
    showMonitor(),
    enableMonitor(),
    disableMonitor(),
    upgradeMonitor(),
    rollBackMonitor(),
    setMonitorParam(),
    monitorLogs(),
    removeMonitor(),
    agentInfo(),
    metricsJson(),
    metadataJson(),
    history(),
    listStreams(),
    readStream(),
    openapiJson(),
  ];
}
